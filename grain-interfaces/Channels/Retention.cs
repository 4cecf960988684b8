namespace NotifyHub.GrainInterfaces;

/// <summary>How long the messages of a channel are kept. A class, not a number: each is dropped in runs from the start of a
/// log.</summary>
public enum Retention
{
    /// <summary>Nothing is stored: fan-out in memory, no offsets.</summary>
    None,
    Hour,
    Day,
    Week,

    /// <summary>30 days.</summary>
    Month,
}
