using NotifyHub.Gateway.Channels;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Sockets;

/// <summary>
/// How far a sender's clients are in all logs. The heads are read before a pass takes the news to the clients, so once nothing
/// waits for a client, everything up to them was sent to it. Owned by the sender's thread.
/// </summary>
/// <param name="logs">The windows.</param>
/// <param name="link">To the sender's clients.</param>
/// <param name="beat">How often at least a client gets a frame.</param>
internal sealed class ChannelPositions(ChannelLogs logs, ISenderLink link, TimeSpan beat)
{
    /// <summary>How long after the last of a burst a position comes.</summary>
    private const long BurstMilliseconds = 1_000;

    private long[] _heads = [];
    private long[] _passed = [];
    private byte[]? _frame;
    private string? _frameEpoch;

    /// <summary>Before the news of a pass are looked at.</summary>
    /// <param name="head">Of <c>all</c>.</param>
    public void ReadHeads(long head)
    {
        if (_heads.Length == 0) (_heads, _passed) = (new long[logs.Count + 1], new long[logs.Count + 1]);
        logs.ReadHeads(_heads);
        _heads[0] = head;
    }

    /// <summary>The news of everything up to the heads have reached the clients, or wait there.</summary>
    public void TakeHeads()
    {
        if (_heads.AsSpan().SequenceEqual(_passed)) return;
        _heads.CopyTo(_passed, 0);
        _frame = null;
    }

    /// <summary>Where the client stands, for an answer that is sent before anything else.</summary>
    /// <param name="client">The client.</param>
    /// <param name="starts">Places that are further back, by log; null: none.</param>
    public string Of(ChannelClient client, long[]? starts)
    {
        var sent = client.Sent ??= [.. _passed];
        if (client.Subscriptions.Count > 0 && !client.HasPending && client.Replaying == 0) Advance(client);
        for (var log = 0; starts is not null && log < sent.Length && log < starts.Length; log++)
            sent[log] = Math.Min(sent[log], starts[log]);
        client.BeatAt = Environment.TickCount64;
        client.HasNews = true;
        return Position.Write(logs.Epoch ?? "", sent);
    }

    /// <summary>Sends what is due: a position, or at least a sign of life.</summary>
    public void Beat(ChannelClient client, long now)
    {
        if (client.Client.Closing || client.Client.Ended) return;
        var isQuiet = now - client.BeatAt >= beat.TotalMilliseconds;
        if (!isQuiet && !(client.HasNews && now - client.BeatAt >= BurstMilliseconds)) return;
        if (CanBeTold(client))
        {
            Advance(client);
            client.Client.Queue(Frame(client));
            client.HasNews = false;
        }
        else if (isQuiet)
        {
            client.Client.Queue(ServerMessage.Heartbeat);
        }
        else
        {
            return;
        }

        client.BeatAt = now;
    }

    private bool CanBeTold(ChannelClient client) => client.Subscriptions.Count > 0 && !client.HasPending
        && client.Replaying == 0 && client.Sent is not null && link.CanSend(client.Client)
        && (!FollowsAll(client) || link.LogOffset(client.Client) is not null);

    private void Advance(ChannelClient client)
    {
        _passed.CopyTo(client.Sent!, 0);
        if (FollowsAll(client) && link.LogOffset(client.Client) is { } offset) client.Sent![0] = Math.Min(offset, _passed[0]);
    }

    private static bool FollowsAll(ChannelClient client) => client.Subscriptions.ContainsKey(GrainKeys.PublicChannel);

    private byte[] Frame(ChannelClient client)
    {
        var epoch = logs.Epoch ?? "";
        if (client.Sent![0] != _passed[0]) return ChannelAnswer.Position(Position.Write(epoch, client.Sent));
        // Most clients are at the same place: the frame is made once.
        if (_frame is null || _frameEpoch != epoch)
            (_frame, _frameEpoch) = (ChannelAnswer.Position(Position.Write(epoch, _passed)), epoch);
        return _frame;
    }
}
