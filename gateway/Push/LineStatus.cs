namespace NotifyHub.Gateway.Push;

/// <summary>What <see cref="LineReader.Read"/> found.</summary>
public enum LineStatus
{
    /// <summary>A line, not empty, without its line end.</summary>
    Line,

    /// <summary>No line end yet, and what is there is still within the bound.</summary>
    NeedMore,

    /// <summary>The line is longer than the bound, whether its end has come or not.</summary>
    TooLong,
}
