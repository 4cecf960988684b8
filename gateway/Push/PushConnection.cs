using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Settings;
using NotifyHub.Gateway.Telemetry;
using NotifyHub.GrainInterfaces;
using static System.FormattableString;

namespace NotifyHub.Gateway.Push;

/// <summary>
/// One sender of pushes: reads lines, publishes them in batches, answers every line in order. Lines are read and checked while
/// the batch before them is on its way to the disk, so a sender that does not wait for answers keeps the disk busy.
/// </summary>
/// <param name="slot">Its place among all connections, which it may lose while it is idle.</param>
/// <param name="budget">Memory for the lines of all connections.</param>
/// <param name="publish">Appends a batch to the log of its first draft; returns once it is durable.</param>
/// <param name="drafts">Makes drafts for channels other than the public one.</param>
public sealed partial class PushConnection(
    PipeReader input,
    PipeWriter output,
    PushRegistry.Slot slot,
    PushBudget budget,
    Func<PublishBatch, Task<PublishResult>> publish,
    ChannelDrafts drafts,
    GatewayMetrics metrics,
    GatewayOptions options,
    TimeProvider time,
    ILogger logger)
{
    private const string Ok = "ok";
    private const string Unauthorised = "error: the first line must be AUTH and the right key";

    // One batch at a time is published: Orleans does not promise that two calls in flight arrive in the order they were made, and
    // a sender relies on its lines being broadcast in its order. Batches that wait here are merged into the next call.
    private readonly Channel<PushedLines> _waiting = Channel.CreateBounded<PushedLines>(
        new BoundedChannelOptions(1) { SingleReader = true, SingleWriter = true });

    private readonly byte[] _keyHash = options.PushKey.Length == 0
        ? [] : SHA256.HashData(Encoding.UTF8.GetBytes(options.PushKey));
    private readonly ChosenChannel _channel = new(drafts);
    private readonly long _connectedAt = time.GetTimestamp();
    private volatile bool _authorised = options.PushKey.Length == 0;
    private bool _begun;
    private long _searched;
    private long _unreadBefore;
    private ITimer? _watch;
    private long _lastSign = time.GetTimestamp();

    // When the line began of which a part has arrived; 0: none has.
    private long _lineSince;

    // Not null: the connection is to end, with this answer; empty: with none.
    private volatile string? _ending;
    private volatile bool _peerGone;

    /// <summary>Serves until the sender is done, idle or in the wrong; then, or on <paramref name="stop"/>, answers what was
    /// read.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var answering = AnswerAsync();
        await using (var timer = time.CreateTimer(Watch, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan))
        await using (stop.UnsafeRegister(static reader => ((PipeReader)reader!).CancelPendingRead(), input))
        await using (slot.ShedToken.UnsafeRegister(static connection => ((PushConnection)connection!).EndShed(), this))
        {
            _watch = timer;
            Watch(null);
            try
            {
                await ReadAsync(stop);
            }
            catch (Exception e) when (IsGone(e))
            {
                LogPeerGone(e.Message);
            }
            finally
            {
                _waiting.Writer.Complete();
                await answering;
            }
        }

        await input.CompleteAsync();
        // With an error, for without one it would try to flush once more.
        await output.CompleteAsync(_peerGone ? new IOException("The sender is gone.") : null);
    }

    private async Task ReadAsync(CancellationToken stop)
    {
        while (true)
        {
            // Stop and the other ends cancel the read, so that what has arrived is still taken and answered.
            var read = await input.ReadAsync(CancellationToken.None);
            var unread = read.Buffer;
            // Any byte resets the idle time, which limits silence, not slowness.
            if (unread.Length > _unreadBefore) Volatile.Write(ref _lastSign, time.GetTimestamp());
            var ending = _ending;
            var complete = read.IsCompleted || ending is not null;
            var isLast = complete || _peerGone || stop.IsCancellationRequested;
            PushedLines batch;
            do
            {
                if (!budget.HasRoom) await WaitForRoomAsync();
                batch = TakeLines(ref unread);
                if (complete && !batch.Closes && !batch.IsFull) Finish(batch, ending, isHalfLine: !unread.IsEmpty);
                budget.Take(batch.Bytes);
                if (batch.Answers.Count == 0) break;
                // The line that was begun is in the batch. Not our sender's fault: how long the batch has to wait.
                Volatile.Write(ref _lineSince, 0);
                slot.Begin();
                await _waiting.Writer.WriteAsync(batch, CancellationToken.None);
            }
            while (batch.IsFull && !batch.Closes);

            NoteLine(read.Buffer.Length, unread.Length);
            input.AdvanceTo(unread.Start, unread.End);
            if (batch.Closes || isLast) return;
        }
    }

    private async Task WaitForRoomAsync()
    {
        // The line on its way is not blamed for this time.
        var (lineSince, begun) = (Volatile.Read(ref _lineSince), time.GetTimestamp());
        Volatile.Write(ref _lineSince, 0);
        slot.Begin();
        await budget.WaitAsync();
        slot.End(1);
        if (lineSince != 0) Volatile.Write(ref _lineSince, lineSince + time.GetTimestamp() - begun);
    }

    private PushedLines TakeLines(ref ReadOnlySequence<byte> unread)
    {
        var batch = new PushedLines(time.GetUtcNow());
        if (!_begun && FirstBytes.TryJudge(unread, _searched, isKeyed: !_authorised, out var fault))
        {
            _begun = true;
            if (fault is not null)
            {
                // Nothing behind it is looked at: it may be what a page made a browser send.
                if (_authorised) metrics.PushLines(1, "invalid");
                else NoteUnauthorised();
                batch.Close(fault);
                return batch;
            }
        }

        while (!batch.IsFull && !batch.Closes)
        {
            var status = LineReader.Read(ref unread, options.PushLineBytes, ref _searched, out var line);
            if (status == LineStatus.NeedMore) break;
            if (status == LineStatus.TooLong)
            {
                metrics.PushLines(1, "too_long");
                batch.Close($"error: line longer than {options.PushLineBytes} bytes");
            }
            else if (_authorised) Take(line.ToArray(), batch);
            else Authorise(line.ToArray(), batch);
        }

        return batch;
    }

    private void Take(byte[] line, PushedLines batch)
    {
        if (ChosenChannel.IsChoice(line))
        {
            batch.Answer(_channel.Choose(line) ?? Ok);
            return;
        }

        if ((_channel.Refusal(line) ?? PushedJson.Fault(line)) is { } fault)
        {
            metrics.PushLines(1, "invalid");
            batch.Answer("error: " + fault.ReplaceLineEndings(" "));
            return;
        }

        if (_channel.IsPublic) batch.Publish(line);
        else batch.Publish(_channel.Make(line));
        if (Tracing.Source.HasListeners() && PushedJson.Trace(line) is { } trace) batch.Add(trace);
    }

    private void Authorise(ReadOnlySpan<byte> line, PushedLines batch)
    {
        // Hashed, so that neither the time nor the length of the comparison reveals anything about the key.
        _authorised = line.StartsWith("AUTH "u8)
            && CryptographicOperations.FixedTimeEquals(SHA256.HashData(line["AUTH ".Length..]), _keyHash);
        if (_authorised)
        {
            slot.Authorise();
            batch.Answer(Ok);
        }
        else
        {
            NoteUnauthorised();
            batch.Close(Unauthorised);
        }
    }

    private void NoteUnauthorised()
    {
        metrics.PushLines(1, "unauthorized");
        metrics.Refused(Refusal.PushUnauthorized);
    }

    /// <summary>The last answers of a connection that ends.</summary>
    private static void Finish(PushedLines batch, string? ending, bool isHalfLine)
    {
        if (ending is { Length: > 0 }) batch.Close(ending);
        else if (isHalfLine) batch.Answer("error: the line does not end with a line feed");
    }

    /// <summary>Notes whether part of a line has arrived, and since when.</summary>
    private void NoteLine(long arrived, long unread)
    {
        _unreadBefore = unread;
        var isNew = Volatile.Read(ref _lineSince) == 0 || unread < arrived;
        if (unread == 0) Volatile.Write(ref _lineSince, 0);
        else if (isNew) Volatile.Write(ref _lineSince, time.GetTimestamp());
        if (isNew || unread == 0) slot.Receive(unread > 0);
    }

    private async Task AnswerAsync()
    {
        while (await _waiting.Reader.WaitToReadAsync())
        {
            var batches = 0;
            PushedLines? all = null;
            while (all is not { IsFull: true } && _waiting.Reader.TryRead(out var batch))
            {
                all = all?.Append(batch) ?? batch;
                batches++;
            }

            if (all is null) continue;

            if (all.Drafts.Count > 0) await PublishAsync(all);
            var draft = 0;
            foreach (var answer in all.Answers) WriteLine(answer ?? all.Refusal(draft++) ?? Ok);
            // Before the answers go: whoever has them all may open another connection, and takes this one's place at the limit.
            // A connection that loses its place still sends them.
            Volatile.Write(ref _lastSign, time.GetTimestamp());
            slot.End(batches);
            await FlushAsync();
            budget.Return(all.Bytes);
            Volatile.Write(ref _lastSign, time.GetTimestamp());
        }
    }

    /// <summary>A sender that does not read its answers is given up: it holds memory that all push connections share.</summary>
    private async Task FlushAsync()
    {
        if (_peerGone) return;
        using var limit = new CancellationTokenSource(options.SendTimeout, time);
        try
        {
            await output.FlushAsync(limit.Token);
        }
        catch (Exception e)
        {
            // Whatever it was, no answer can be sent any more. What was read already is still published.
            LogPeerGone(e.Message);
            _peerGone = true;
            input.CancelPendingRead();
        }
    }

    private async Task PublishAsync(PushedLines batch)
    {
        using var span = Span(batch);
        var outcome = batch.HasChannels
            ? await PublishByLogAsync(batch)
            : await PublishAsync(batch, 0, batch.Drafts.Count);
        if (outcome != Ok) span?.SetStatus(ActivityStatusCode.Error, outcome);
    }

    /// <summary>Publishes the drafts of each log on their own, side by side: order holds within a channel.</summary>
    private async Task<string> PublishByLogAsync(PushedLines batch)
    {
        var outcomes = await Task.WhenAll(batch.Split(drafts.PartOf).Select(async log =>
        {
            var outcome = await PublishAsync(log.Part, 0, log.Part.Drafts.Count);
            for (var draft = 0; draft < log.Places.Count; draft++)
                if (log.Part.Refusal(draft) is { } refusal) batch.Refuse(log.Places[draft], 1, refusal);
            return outcome;
        }));
        return outcomes.FirstOrDefault(outcome => outcome != Ok) ?? Ok;
    }

    /// <summary>Publishes some lines of the batch together; when one of them cannot be stored, or is more than its channel may
    /// have in a second, in ever smaller parts, so that it fails alone.</summary>
    private async Task<string> PublishAsync(PushedLines batch, int first, int count)
    {
        string outcome;
        string? answer;
        try
        {
            await publish(new PublishBatch([.. batch.Drafts[first..(first + count)]], AcceptedAt: batch.AcceptedAt));
            (outcome, answer) = (Ok, null);
        }
        catch (Exception e) when (e is NotStorableException or ChannelRateException && count > 1)
        {
            var half = count / 2;
            var left = await PublishAsync(batch, first, half);
            var right = await PublishAsync(batch, first + half, count - half);
            return left == Ok ? right : left;
        }
        catch (NotStorableException e)
        {
            LogFailed(e, count);
            (outcome, answer) = ("invalid", "error: cannot be stored");
        }
        catch (ChannelRateException)
        {
            (outcome, answer) = ("rate_limited", "error: rate limited, try again");
        }
        catch (ChannelBusyException)
        {
            (outcome, answer) = ("busy", "error: busy, try again");
        }
        catch (StorageBrokenException e)
        {
            LogUnavailable(count, e.Message);
            (outcome, answer) = ("broken", "error: storage broken");
        }
        catch (Exception e) when (GridCall.IsUnavailable(e))
        {
            LogUnavailable(count, e.Message);
            (outcome, answer) = ("unavailable", "error: storage unavailable, try again");
        }
        catch (Exception e)
        {
            // Whatever it was, the sender must hear that its lines were not acknowledged.
            LogFailed(e, count);
            (outcome, answer) = ("internal", "error: internal error, try again");
        }

        if (answer is not null) batch.Refuse(first, count, answer);
        metrics.PushLines(count, outcome);
        return outcome;
    }

    /// <summary>Goes on in the trace of the first line that names one, or begins one.</summary>
    private static Activity? Span(PushedLines batch)
    {
        if (!Tracing.Source.HasListeners()) return null;
        var traces = batch.Traces;
        return Tracing.Source
            .StartActivity(
                Tracing.Push, ActivityKind.Server, traces is [var first, ..] ? first : default,
                links: traces?.Skip(1).Select(trace => new ActivityLink(trace)))
            ?.SetTag("notifyhub.channel", batch.Drafts[0].Target?.Channel ?? GrainKeys.PublicChannel)
            .SetTag("messaging.batch.message_count", batch.Drafts.Count);
    }

    private void WriteLine(string answer)
    {
        if (_peerGone) return;
        if (answer == Ok)
        {
            output.Write("ok\n"u8);
            return;
        }

        Encoding.UTF8.GetBytes(answer, output);
        output.Write("\n"u8);
    }

    /// <summary>
    /// Ends the connection when it is silent, or a line or the key takes too long. One timer per connection, moved only when it
    /// fires: moving it with every line would cost more than the line.
    /// </summary>
    private void Watch(object? _)
    {
        if (_ending is not null) return;
        var idle = slot.HasOutstanding ? options.PushIdle : Left(Volatile.Read(ref _lastSign), options.PushIdle);
        var lineSince = Volatile.Read(ref _lineSince);
        var line = lineSince == 0 ? options.PushLineTimeout : Left(lineSince, options.PushLineTimeout);
        var key = _authorised ? TimeSpan.MaxValue : Left(_connectedAt, options.HandshakeTimeout);
        if (key <= TimeSpan.Zero) End(Unauthorised);
        else if (line <= TimeSpan.Zero) End(
            Invariant($"error: the line did not end within {options.PushLineTimeout.TotalSeconds} s"));
        else if (idle <= TimeSpan.Zero) End("");
        else
        {
            // A line that takes longer than silence may is no reason any more to keep the place.
            if (lineSince != 0 && time.GetElapsedTime(lineSince) >= options.PushIdle) slot.Receive(false);
            var next = Math.Min(Math.Min(idle.TotalMilliseconds, line.TotalMilliseconds), key.TotalMilliseconds);
            // Timers count whole milliseconds; rounded down it would fire again and again for the last one.
            _watch!.Change(TimeSpan.FromMilliseconds(Math.Ceiling(next)), Timeout.InfiniteTimeSpan);
        }
    }

    private TimeSpan Left(long since, TimeSpan limit) => limit - time.GetElapsedTime(since);

    private void EndShed() => End(slot.Shortage == Admission.Full
        ? "error: closed to make room, too many connections"
        : "error: closed to make room, too many connections from this address");

    private void End(string answer)
    {
        if (Interlocked.CompareExchange(ref _ending, answer, null) is null) input.CancelPendingRead();
    }

    /// <summary>The ways in which a socket ends: reset by the peer, or closed by us.</summary>
    private static bool IsGone(Exception e) =>
        e is IOException or SocketException or ObjectDisposedException or OperationCanceledException;

    [LoggerMessage(5001, LogLevel.Debug, "A push connection ended: {Error}")]
    private partial void LogPeerGone(string error);

    [LoggerMessage(5002, LogLevel.Warning, "{Lines} pushed lines were refused, the storage is unavailable: {Error}")]
    private partial void LogUnavailable(int lines, string error);

    [LoggerMessage(5003, LogLevel.Error, "{Lines} pushed lines were refused")]
    private partial void LogFailed(Exception exception, int lines);
}
