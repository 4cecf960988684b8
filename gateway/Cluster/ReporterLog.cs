namespace NotifyHub.Gateway.Cluster;

/// <summary>What a <see cref="Reporter{TReport}"/> logs.</summary>
internal static partial class ReporterLog
{
    [LoggerMessage(6301, LogLevel.Warning, "Reports of {Items} are queued until the grid answers: {Error}")]
    public static partial void Unanswered(ILogger logger, string items, string error);

    [LoggerMessage(6302, LogLevel.Information, "The grid accepts reports of {Items} again")]
    public static partial void AnsweredAgain(ILogger logger, string items);

    [LoggerMessage(6303, LogLevel.Warning, "Dropped {Count} {Items}: the report queue is full")]
    public static partial void Dropped(ILogger logger, long count, string items);

    [LoggerMessage(6304, LogLevel.Error, "The grid refused a report of {Count} {Items}")]
    public static partial void Refused(ILogger logger, Exception exception, long count, string items);

    [LoggerMessage(6305, LogLevel.Warning, "Lost {Count} {Items} with this process: the grid did not answer")]
    public static partial void Lost(ILogger logger, long count, string items);

    [LoggerMessage(6306, LogLevel.Error, "A report of {Items} could not be built; retrying")]
    public static partial void NotMade(ILogger logger, Exception exception, string items);
}
