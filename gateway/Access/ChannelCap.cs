namespace NotifyHub.Gateway.Access;

/// <summary>What a client token allows in some channels.</summary>
/// <param name="Match">A name, a pattern, or <c>*</c>: every channel but users' own and the system's.</param>
/// <param name="Allows">What it allows there.</param>
public sealed record ChannelCap(string Match, ChannelActions Allows);
