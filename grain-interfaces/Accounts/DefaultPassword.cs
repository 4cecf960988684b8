namespace NotifyHub.GrainInterfaces;

/// <summary>The first administrator's password in embedded mode. It is public, so nobody may choose it.</summary>
public static class DefaultPassword
{
    public const string Value = "admin123";
}
