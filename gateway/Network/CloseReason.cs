namespace NotifyHub.Gateway.Network;

/// <summary>
/// Every way a client's connection can end. Below 1012 and 1012–1013 as in RFC 6455's registry; NotifyHub's own codes are
/// 4000–4499 "come back" and 4500–4999 "don't", so that an old client handles a new code by its range. The one exception is
/// <see cref="RefusedForNow"/> (docs/adr/0016).
/// </summary>
/// <param name="Code">The close code.</param>
/// <param name="Text">Short, in the close frame and in the session's record.</param>
/// <param name="Abnormal">The session counts as one that ended in error.</param>
public sealed record CloseReason(int Code, string Text, bool Abnormal = false)
{
    /// <summary>The text as one word, for metrics.</summary>
    public string Label { get; } = Text.Replace(",", "", StringComparison.Ordinal).Replace(' ', '_').ToLowerInvariant();

    /// <summary>The client closed, and was answered with its own code.</summary>
    public static readonly CloseReason ByClient = new(1000, "closed by client");

    /// <summary>An administrator stopped the service.</summary>
    public static readonly CloseReason ServiceStopped = new(1001, "service stopped");

    /// <summary>RFC 6455 was broken: reserved bits, an unmasked frame, a stray continuation, a bad close code, …</summary>
    public static readonly CloseReason ProtocolError = new(1002, "protocol error", Abnormal: true);

    /// <summary>A binary message: NotifyHub speaks JSON text.</summary>
    public static readonly CloseReason Binary = new(1003, "only text messages are understood", Abnormal: true);

    /// <summary>Text that is not UTF-8.</summary>
    public static readonly CloseReason InvalidUtf8 = new(1007, "invalid UTF-8", Abnormal: true);

    /// <summary>An administrator closed this client.</summary>
    public static readonly CloseReason ByAdministrator = new(1008, "closed by an administrator");

    /// <summary>More than <c>NotifyHub:ClientMessagesPerSecond</c>, and for longer than <c>FrameRate</c>
    /// forgives.</summary>
    public static readonly CloseReason TooFast = new(1008, "too many messages", Abnormal: true);

    /// <summary>A message over <c>NotifyHub:ClientMessageBytes</c>.</summary>
    public static readonly CloseReason TooBig = new(1009, "message too big", Abnormal: true);

    /// <summary>The server could not go on with this client: come back and resume.</summary>
    public static readonly CloseReason TryAgain = new(1011, "internal error, try again", Abnormal: true);

    /// <summary>An administrator restarted the service: come back.</summary>
    public static readonly CloseReason ServiceRestart = new(1012, "service restart");

    /// <summary>The client lags by more than <c>NotifyHub:BacklogBytes</c>, took nothing for <c>NotifyHub:SendTimeout</c>, or
    /// held memory for the longest time when <c>NotifyHub:ClientMemoryBytes</c> were used up: come back and resume.</summary>
    public static readonly CloseReason TooSlow = new(1013, "too slow", Abnormal: true);

    /// <summary>The channel's log has a new epoch, because the database lost the end of it or was restored. Offsets of the old
    /// epoch say nothing about the new one. Come back.</summary>
    public static readonly CloseReason NewEpoch = new(4000, "the channel has a new epoch");

    /// <summary>The token that the client came with has expired or was revoked, or its user or key was ended. Come back with
    /// another one.</summary>
    public static readonly CloseReason TokenEnded = new(4501, "token ended");

    /// <summary>A client of <c>notifyhub.v1</c> was refused, and would be again: it needs another token or another
    /// <c>since</c>.</summary>
    public static readonly CloseReason Refused = new(4501, "refused");

    /// <summary>A client of <c>notifyhub.v1</c> was refused for now: come back after the <c>after_ms</c> of the <c>error</c>
    /// before it. In the range of "don't", so that who does not know it does not come back at once.</summary>
    public static readonly CloseReason RefusedForNow = new(4503, "refused for now");

    /// <summary>No close frame: the peer reset or dropped the connection.</summary>
    public static readonly CloseReason Lost = new(1006, "connection lost", Abnormal: true);

    /// <summary>No close frame: nothing was received for two ping intervals.</summary>
    public static readonly CloseReason Dead = new(1006, "no answer to pings", Abnormal: true);

    /// <summary>The gateway process ends in order.</summary>
    public static readonly CloseReason ShuttingDown = new(1012, "gateway is shutting down");

    /// <summary>All that a client can end with: who was refused was none.</summary>
    public static IReadOnlyList<CloseReason> All { get; } =
    [
        ByClient, ServiceStopped, ProtocolError, Binary, InvalidUtf8, ByAdministrator, TooFast, TooBig, TryAgain, ServiceRestart,
            TooSlow, NewEpoch,
        TokenEnded, Lost, Dead, ShuttingDown,
    ];

    /// <summary>What the framework's reading side found wrong, by the code that it closes with.</summary>
    public static CloseReason Broken(int code) => code == InvalidUtf8.Code ? InvalidUtf8 : ProtocolError;
}
