namespace NotifyHub.Gateway.Sockets;

/// <summary>An error as a client is sent it. The connection stays, unless the client was too fast or is refused.</summary>
/// <param name="Code">For programs.</param>
/// <param name="Message">For the people who write them.</param>
/// <param name="Again">Trying the same again can help.</param>
/// <param name="AfterMs">With <paramref name="Again"/>: not before this many milliseconds; null: unknown.</param>
public sealed record ClientError(string Code, string Message, bool Again = false, int? AfterMs = null)
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
