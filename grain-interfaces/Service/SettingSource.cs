namespace NotifyHub.GrainInterfaces;

/// <summary>Who gave a setting its value.</summary>
public static class SettingSource
{
    public const string Default = "default";
    public const string File = "file";
    public const string Environment = "environment";
    public const string Argument = "argument";
}
