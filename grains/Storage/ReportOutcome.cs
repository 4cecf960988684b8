namespace NotifyHub.Grains.Storage;

/// <summary>The result of offering a session report to storage.</summary>
public enum ReportOutcome
{
    /// <summary>The report and its effects are stored.</summary>
    Taken,

    /// <summary>The report, or a later one, was taken before. Nothing changed.</summary>
    AlreadyTaken,

    /// <summary>The gateway has no lease and the report is not complete. Nothing changed.</summary>
    Unknown,
}
