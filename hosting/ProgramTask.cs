namespace NotifyHub.Hosting;

/// <summary>What a program is to do.</summary>
public enum ProgramTask
{
    Serve,
    Help,
    Version,
    Check,
    Health,
}
