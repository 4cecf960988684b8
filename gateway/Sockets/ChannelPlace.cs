namespace NotifyHub.Gateway.Sockets;

/// <summary>A channel or pattern that a client names, and where it wants to begin.</summary>
/// <param name="Name">As the client wrote it; may be invalid.</param>
/// <param name="Since">Behind this offset.</param>
/// <param name="Last">With the newest so many.</param>
public sealed record ChannelPlace(string Name, long? Since = null, int? Last = null);
