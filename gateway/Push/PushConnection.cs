using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using NotifyHub.Gateway.Telemetry;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Push;

/// <summary>
/// One sender of pushes: reads lines, publishes them in batches, answers every line in order. Lines are read and checked while the
/// batch before them is on its way to the disk, so a sender that does not wait for answers keeps the disk busy.
/// </summary>
/// <param name="publish">Appends a batch to the public channel; returns once it is durable.</param>
public sealed partial class PushConnection(
    PipeReader input,
    PipeWriter output,
    Func<PublishBatch, Task<PublishResult>> publish,
    GatewayMetrics metrics,
    GatewayOptions options,
    TimeProvider time,
    ILogger logger)
{
    private const int BatchLines = 1_000;
    private const int BatchBytes = 1 << 20;
    private const string Ok = "ok";

    // One batch at a time is published: Orleans does not promise that two calls in flight arrive in the order they were made, and
    // a sender relies on its lines being broadcast in its order. Batches that wait here are merged into the next call.
    private readonly Channel<Batch> _waiting = Channel.CreateBounded<Batch>(
        new BoundedChannelOptions(1) { SingleReader = true, SingleWriter = true });

    private readonly byte[] _keyHash = options.PushKey.Length == 0 ? [] : SHA256.HashData(Encoding.UTF8.GetBytes(options.PushKey));
    private bool _authorised = options.PushKey.Length == 0;
    private long _searched;
    private ITimer? _idleTimer;
    private int _outstanding;
    private long _lastSign = time.GetTimestamp();
    private volatile bool _idle;
    private volatile bool _peerGone;

    /// <summary>Serves until the sender is done, idle or in the wrong; then, or on <paramref name="stop"/>, answers what was read.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var answering = AnswerAsync();
        await using (var timer = time.CreateTimer(CheckIdle, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan))
        await using (stop.UnsafeRegister(static reader => ((PipeReader)reader!).CancelPendingRead(), input))
        {
            _idleTimer = timer;
            timer.Change(options.PushIdle, Timeout.InfiniteTimeSpan);
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
            // Stop and idle end the read by CancelPendingRead, so that what has arrived is still taken and answered.
            var read = await input.ReadAsync(CancellationToken.None);
            var unread = read.Buffer;
            var complete = read.IsCompleted || _idle;
            var ending = complete || _peerGone || stop.IsCancellationRequested;
            Batch batch;
            do
            {
                batch = TakeLines(ref unread);
                if (complete && !batch.Closes && !batch.IsFull && !unread.IsEmpty)
                    batch.Answers.Add("error: the line does not end with a line feed");
                if (batch.Answers.Count == 0) break;
                Interlocked.Increment(ref _outstanding);
                await _waiting.Writer.WriteAsync(batch, CancellationToken.None);
            }
            while (batch.IsFull && !batch.Closes);

            input.AdvanceTo(unread.Start, unread.End);
            if (batch.Closes || ending) return;
        }
    }

    private Batch TakeLines(ref ReadOnlySequence<byte> unread)
    {
        var batch = new Batch(time.GetUtcNow());
        var before = unread.Length;
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

        // An empty line was consumed as well: a sign of life.
        if (unread.Length != before) Volatile.Write(ref _lastSign, time.GetTimestamp());
        return batch;
    }

    private void Take(byte[] line, Batch batch)
    {
        if (PushedJson.Fault(line) is { } fault)
        {
            metrics.PushLines(1, "invalid");
            batch.Answers.Add("error: " + fault.ReplaceLineEndings(" "));
            return;
        }

        batch.Answers.Add(null);
        batch.Drafts.Add(Draft.Push(line));
        batch.Bytes += line.Length;
        if (Tracing.Source.HasListeners() && PushedJson.Trace(line) is { } trace) batch.Add(trace);
    }

    private void Authorise(ReadOnlySpan<byte> line, Batch batch)
    {
        // Hashed, so that neither the time nor the length of the comparison tells anything about the key.
        _authorised = line.StartsWith("AUTH "u8)
            && CryptographicOperations.FixedTimeEquals(SHA256.HashData(line["AUTH ".Length..]), _keyHash);
        if (_authorised) batch.Answers.Add(Ok);
        else
        {
            metrics.PushLines(1, "unauthorized");
            metrics.Refused(Refusal.PushUnauthorized);
            batch.Close("error: the first line must be AUTH and the right key");
        }
    }

    private async Task AnswerAsync()
    {
        while (await _waiting.Reader.WaitToReadAsync())
        {
            var batches = 0;
            Batch? all = null;
            while (all is not { IsFull: true } && _waiting.Reader.TryRead(out var batch))
            {
                all = all?.Append(batch) ?? batch;
                batches++;
            }

            if (all is null) continue;

            var answer = await PublishAsync(all);
            foreach (var own in all.Answers) WriteLine(own ?? answer);
            try
            {
                await output.FlushAsync();
            }
            catch (Exception e)
            {
                // Whatever it was, nobody can be answered any more. What has been read already is published all the same.
                LogPeerGone(e.Message);
                _peerGone = true;
                input.CancelPendingRead();
            }

            Volatile.Write(ref _lastSign, time.GetTimestamp());
            Interlocked.Add(ref _outstanding, -batches);
        }
    }

    /// <summary>The answer of every line of the batch that is waiting for one.</summary>
    private async Task<string> PublishAsync(Batch batch)
    {
        if (batch.Drafts.Count == 0) return Ok;
        using var span = Span(batch);
        var outcome = "internal";
        try
        {
            await publish(new PublishBatch([.. batch.Drafts], AcceptedAt: batch.AcceptedAt));
            outcome = Ok;
            return Ok;
        }
        catch (ChannelBusyException)
        {
            outcome = "busy";
            return "error: busy, try again";
        }
        catch (NotStorableException e)
        {
            outcome = "invalid";
            LogFailed(e, batch.Drafts.Count);
            return "error: cannot be stored";
        }
        catch (Exception e) when (e is StorageUnavailableException or TimeoutException or OrleansException or OperationCanceledException)
        {
            outcome = "unavailable";
            LogUnavailable(batch.Drafts.Count, e.Message);
            return "error: storage unavailable, try again";
        }
        catch (Exception e)
        {
            // Whatever it was, the sender must hear that its lines were not acknowledged.
            LogFailed(e, batch.Drafts.Count);
            return "error: internal error, try again";
        }
        finally
        {
            metrics.PushLines(batch.Drafts.Count, outcome);
            if (outcome != Ok) span?.SetStatus(ActivityStatusCode.Error, outcome);
        }
    }

    /// <summary>Goes on in the trace of the first line that names one, or begins one.</summary>
    private static Activity? Span(Batch batch)
    {
        if (!Tracing.Source.HasListeners()) return null;
        var traces = batch.Traces;
        return Tracing.Source
            .StartActivity(
                Tracing.Push, ActivityKind.Server, traces is [var first, ..] ? first : default,
                links: traces?.Skip(1).Select(trace => new ActivityLink(trace)))
            ?.SetTag("notifyhub.channel", GrainKeys.PublicChannel)
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
    /// One timer a connection, moved only when it fires: moving it with every line would cost more than the line.
    /// </summary>
    private void CheckIdle(object? _)
    {
        var left = Volatile.Read(ref _outstanding) > 0
            ? options.PushIdle
            : options.PushIdle - time.GetElapsedTime(Volatile.Read(ref _lastSign));
        if (left > TimeSpan.Zero)
        {
            // Timers count whole milliseconds; rounded down it would fire again and again for the last one.
            _idleTimer!.Change(TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)), Timeout.InfiniteTimeSpan);
            return;
        }

        _idle = true;
        input.CancelPendingRead();
    }

    /// <summary>The ways in which a socket ends: reset by the peer, or closed by us.</summary>
    private static bool IsGone(Exception e) =>
        e is IOException or SocketException or ObjectDisposedException or OperationCanceledException;

    /// <summary>Consecutive lines: their answers, null where the publish decides, and the payloads to publish.</summary>
    private sealed class Batch(DateTimeOffset acceptedAt)
    {
        /// <summary>When the first of the lines had come.</summary>
        public DateTimeOffset AcceptedAt => acceptedAt;

        public List<string?> Answers { get; } = [];

        public List<Draft> Drafts { get; } = [];

        public int Bytes { get; set; }

        /// <summary>The last answer is the last of the connection.</summary>
        public bool Closes { get; private set; }

        /// <summary>Those that lines are part of, the first ones only; null when none is named.</summary>
        public List<ActivityContext>? Traces { get; private set; }

        public bool IsFull => Answers.Count >= BatchLines || Bytes >= BatchBytes;

        public void Add(ActivityContext trace)
        {
            Traces ??= [];
            if (Traces.Count <= Tracing.MaxLinks && !Traces.Contains(trace)) Traces.Add(trace);
        }

        public void Close(string answer)
        {
            Answers.Add(answer);
            Closes = true;
        }

        public Batch Append(Batch next)
        {
            Answers.AddRange(next.Answers);
            Drafts.AddRange(next.Drafts);
            Bytes += next.Bytes;
            foreach (var trace in next.Traces ?? []) Add(trace);
            return this;
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "A push connection ended: {Reason}")]
    private partial void LogPeerGone(string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Lines} pushed lines were refused, the storage is unavailable: {Reason}")]
    private partial void LogUnavailable(int lines, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Lines} pushed lines were refused")]
    private partial void LogFailed(Exception error, int lines);
}
