namespace NotifyHub.Gateway.Sockets;

/// <summary>Why something about a channel was refused.</summary>
/// <param name="Code">For programs.</param>
/// <param name="Message">For the people who write them.</param>
/// <param name="CanTryAgain">The same may work later.</param>
public sealed record ChannelRefusal(string Code, string Message, bool CanTryAgain = false)
{
    public static readonly ChannelRefusal Forbidden = new("FORBIDDEN", "The token does not allow this channel.");
    public static readonly ChannelRefusal NoHistory = new("FORBIDDEN", "The token does not allow the history of this channel.");
    public static readonly ChannelRefusal InvalidChannel = new("INVALID_CHANNEL",
        "A name has 1 to 255 of A-Z a-z 0-9 _ - . ~ @ + = | in segments between colons; a pattern ends in \":*\".");
    public static readonly ChannelRefusal NoPattern = new("INVALID_CHANNEL", "A name is needed here, not a pattern.");
    public static readonly ChannelRefusal PlaceOfPattern = new("INVALID_CHANNEL", "since and last are for names, not patterns.");
    public static readonly ChannelRefusal TooManyChannels = new("TOO_MANY_CHANNELS",
        "The connection has all channels that it may.");
    public static readonly ChannelRefusal TooManyPatterns = new("TOO_MANY_CHANNELS",
        "The connection has all patterns that it may.");
    public static readonly ChannelRefusal Unavailable = new("UNAVAILABLE", "The grid does not answer. Try again.", true);
    public static readonly ChannelRefusal TooBig = new("PAYLOAD_TOO_LARGE", "The data is larger than this channel takes.");
    public static readonly ChannelRefusal TooFast =
        new("RATE_LIMITED", "The channel has as many messages as it takes in a second.", true);
    public static readonly ChannelRefusal TooManyRequests =
        new("RATE_LIMITED", "Too many requests of this connection wait for their answers.", true);
    public static readonly ChannelRefusal Position = new("VALIDATION_ERROR", "The position cannot be read.");

    public static ChannelRefusal Invalid(string message) => new("VALIDATION_ERROR", message);
}
