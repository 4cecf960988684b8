namespace NotifyHub.Gateway.Cluster;

/// <summary>What a <see cref="Reporter{TReport}"/> logs.</summary>
internal static partial class ReporterLog
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "Reports of {Items} wait for the grid: {Error}")]
    public static partial void Unanswered(ILogger logger, string items, string error);

    [LoggerMessage(Level = LogLevel.Information, Message = "Reports of {Items} are answered again")]
    public static partial void AnsweredAgain(ILogger logger, string items);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Dropped {Count} {Items}: the report queue is full")]
    public static partial void Dropped(ILogger logger, long count, string items);

    [LoggerMessage(Level = LogLevel.Error, Message = "The grid refused a report of {Count} {Items}")]
    public static partial void Refused(ILogger logger, Exception exception, long count, string items);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Lost {Count} {Items} with this process: the grid did not answer")]
    public static partial void Lost(ILogger logger, long count, string items);
}
