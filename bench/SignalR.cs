namespace NotifyHub.Bench;

/// <summary>The parts of ASP.NET Core SignalR's JSON protocol that a listening client needs.</summary>
internal static class SignalR
{
    private const byte End = 0x1E;

    /// <summary>The client's handshake as a masked text frame.</summary>
    public static readonly byte[] Hello = [0x81, 0x80 | 32, 0, 0, 0, 0, .. "{\"protocol\":\"json\",\"version\":1}\u001e"u8];

    private static readonly byte[] Welcome = [0x81, 3, .. "{}\u001e"u8];

    // The call of peers/SignalRHub in the wire form of the framework.
    private static ReadOnlySpan<byte> BeforeMessage => "{\"type\":1,\"target\":\"message\",\"arguments\":["u8;

    private static ReadOnlySpan<byte> AfterMessage => "]}"u8;

    /// <summary>Whether the answer to the handshake is complete and a success.</summary>
    public static FrameStatus ReadWelcome(ReadOnlySpan<byte> bytes, out int length)
    {
        length = Welcome.Length;
        if (bytes.StartsWith(Welcome)) return FrameStatus.Complete;
        return Welcome.AsSpan().StartsWith(bytes) ? FrameStatus.NeedMore : FrameStatus.Invalid;
    }

    /// <summary>Reads the record at the start; false if its end has not arrived.</summary>
    /// <param name="length">Bytes of the record.</param>
    /// <param name="message">The broadcast in it; empty for another record, such as the ping of the server.</param>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out int length, out ReadOnlySpan<byte> message)
    {
        message = default;
        length = bytes.IndexOf(End) + 1;
        if (length == 0) return false;
        var record = bytes[..(length - 1)];
        if (record.StartsWith(BeforeMessage) && record.EndsWith(AfterMessage))
            message = record[BeforeMessage.Length..^AfterMessage.Length];
        return true;
    }
}
