namespace NotifyHub.Console.Live;

/// <summary>One line of a live socket's log.</summary>
/// <param name="Number">The number of the line, per socket.</param>
/// <param name="Text">The message, the address or the reason, depending on the kind.</param>
/// <param name="Code">The close code, the offset or the delay in milliseconds, depending on the kind.</param>
public sealed record LiveEntry(long Number, DateTimeOffset At, LiveEvent Kind, string Text, long? Code = null);
