namespace NotifyHub.GrainInterfaces;

/// <summary>What the grid tells of who is in a channel.</summary>
public enum Presence
{
    Off,
    Count,
    List,
}
