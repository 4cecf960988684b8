namespace NotifyHub.Gateway.Channels;

/// <summary>A place in a log: where the next byte for a client is.</summary>
public readonly record struct Cursor(Segment Segment, int Position);
