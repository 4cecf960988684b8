namespace NotifyHub.Hosting;

/// <summary>What a program is asked to do.</summary>
public enum ProgramTask
{
    Serve,
    Help,
    Version,
    Check,
    Health,
}
