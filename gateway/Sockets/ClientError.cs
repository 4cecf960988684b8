namespace NotifyHub.Gateway.Sockets;

/// <summary>The error sent to a client whose message was not understood. The connection stays, unless it was too fast.</summary>
/// <param name="Code">For programs.</param>
/// <param name="Message">For the people who write them.</param>
public sealed record ClientError(string Code, string Message)
{
    public static readonly ClientError InvalidJson = new("INVALID_JSON", "Send one JSON object per message.");
    public static readonly ClientError UnknownType = new("UNKNOWN_TYPE", "The type must be \"ping\" or \"subscribe\".");
    public static readonly ClientError UnknownChannel = new("UNKNOWN_CHANNEL", "There is only the channel \"all\".");
    public static readonly ClientError Since = new("VALIDATION_ERROR", "since must be an offset: an integer from 0.");
    public static readonly ClientError Epoch = new("VALIDATION_ERROR", "epoch must be a string.");
    public static readonly ClientError TooFast = new("RATE_LIMITED", "Too many messages. The connection is closed.");
    public static readonly ClientError V1Only = new("VALIDATION_ERROR",
        "Only clients of the subprotocol notifyhub.v1 subscribe; others follow \"all\" as it is.");
}
