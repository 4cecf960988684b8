namespace NotifyHub.Bench;

/// <summary>What clients are sent: cut into frames, pings answered, messages checked.</summary>
internal sealed class Incoming(Deliveries deliveries, bool v1)
{
    private const int ProtocolError = 1002;

    /// <summary>Takes all whole frames; the client keeps the start of the next one.</summary>
    /// <returns>The close code when the server ends the connection, or broke the protocol.</returns>
    public int? Take(ref Client client, ReadOnlySpan<byte> bytes)
    {
        var now = Clock.Now;
        while (true)
        {
            var status = ServerFrame.TryRead(bytes, out var frame);
            if (status == FrameStatus.Invalid) return ProtocolError;
            if (status == FrameStatus.NeedMore)
            {
                client.KeepRest(bytes);
                return null;
            }
            bytes = bytes[frame.Length..];
            if (frame.Opcode == Opcode.Close) return frame.CloseCode;
            // A slow client only looks for its close code.
            if (client.Slow) continue;
            if (frame.Opcode == Opcode.Ping) Pong(client.Socket, frame.Payload);
            else if (frame.Opcode == Opcode.Text && v1) TakeEnvelope(ref client, frame.Payload, now);
            else if (frame.Opcode == Opcode.Text) deliveries.Take(ref client, frame.Payload, now);
        }
    }

    private void TakeEnvelope(ref Client client, ReadOnlySpan<byte> payload, long now)
    {
        if (Envelope.TryRead(payload, out var offset, out var data))
        {
            if (client.Offset >= 0 && offset != client.Offset + 1) deliveries.OffsetErrors++;
            client.Offset = offset;
            deliveries.Take(ref client, data, now);
        }
        else if (Envelope.TryReadSubscribed(payload, out var head, out var recovered))
        {
            // What follows a resumption continues where the client stood; a head would hide a hole in it.
            if (!client.Resumed) client.Offset = head;
            else if (!recovered) deliveries.NotRecovered++;
        }
    }

    private static void Pong(int socket, ReadOnlySpan<byte> payload)
    {
        Span<byte> pong = stackalloc byte[ServerFrame.MaxControl];
        RawSocket.Send(socket, pong[..ServerFrame.WriteControl(pong, Opcode.Pong, payload)]);
    }
}
