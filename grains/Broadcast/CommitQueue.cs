using System.Diagnostics;
using Microsoft.Extensions.Logging;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Storage;
using NotifyHub.Grains.Telemetry;

namespace NotifyHub.Grains.Broadcast;

/// <summary>
/// The publishes to a log that wait for the database. While one batch is being written the next one collects (group commit): one
/// transaction and one fsync acknowledge many publishes. Only a grain's turns touch it.
/// </summary>
internal sealed partial class CommitQueue(
    string log, ILogStore store, PublishKeyStore keys, ChannelState state, CommitWriter writer, QueueBudget budget,
    SiloMetrics metrics, TimeProvider time, ILogger logger)
{
    // A transaction of this size takes a few tens of milliseconds: longer ones only add to everyone's wait.
    private const int MaxCommitMessages = 8_192;
    private const int MaxCommitBytes = 4 << 20;

    private readonly Queue<PendingPublish> _pending = new();

    public bool IsCommitting { get; private set; }

    /// <summary>A commit has ended; with those messages of its publishes that are not stored.</summary>
    public event Action<IReadOnlyList<Message>>? Committed;

    /// <summary>The database is not where this activation left it.</summary>
    public event Func<Task>? Fenced;

    /// <summary>Returns once it is durable.</summary>
    public Task<PublishResult> AddAsync(PendingPublish pending)
    {
        if (!budget.TryTake(pending.Bytes)) throw new ChannelBusyException();
        metrics.Queued(pending.Bytes);
        _pending.Enqueue(pending);
        if (!IsCommitting) _ = CommitAllAsync();
        return pending.Done.Task;
    }

    private async Task CommitAllAsync()
    {
        IsCommitting = true;
        // The loop serves all publishers, so it must not run in the trace of the one that started it.
        Activity.Current = null;
        while (_pending.Count > 0) await CommitNextAsync();
        IsCommitting = false;
    }

    /// <summary>Does not throw: errors go to the publishers.</summary>
    private async Task CommitNextAsync()
    {
        List<PendingPublish> batch = [];
        var unstored = new List<Message>();
        try
        {
            await state.OpenAsync();
            TakeBatch(batch);
            foreach (var publish in batch.Where(publish => state.IsAhead(publish.Known))) await state.OpenAsync(publish.Known);
            await CommitApartAsync(batch, unstored);
            Committed?.Invoke(unstored);
        }
        catch (Exception e)
        {
            // Queued publishes fail with the same error as the batch before them.
            Fail([.. batch.Where(publish => !publish.Done.Task.IsCompleted), .. _pending], e);
            // What was committed before it must not wait for the next publish.
            Committed?.Invoke(unstored);
            if (e is FencedException && Fenced is { } fenced) await fenced();
        }
    }

    /// <summary>Commits the batch together. Without those that were published before, when there are any; and in ever smaller
    /// parts when something in it cannot be stored, until that fails alone.</summary>
    private async Task CommitApartAsync(List<PendingPublish> batch, List<Message> unstored)
    {
        try
        {
            await CommitAsync(await state.OpenAsync(), batch, unstored);
        }
        catch (FencedException) when (batch.Exists(publish => publish.Key is not null))
        {
            // The optimistic way: a key is not looked for before, because nearly all are new.
            var rest = await AnswerRepeatedAsync(batch);
            if (rest.Count == batch.Count) throw;
            if (rest.Count > 0) await CommitApartAsync(rest, unstored);
        }
        catch (Exception e) when (!IsOfAll(e))
        {
            if (batch is [var bad])
            {
                LogNotStorable(e, log);
                Finish(bad);
                // The driver's exceptions cannot be serialized.
                bad.Done.SetException(e is NotStorableException ? new NotStorableException("The message cannot be stored.") : e);
                return;
            }

            var half = batch.Count / 2;
            await CommitApartAsync(batch[..half], unstored);
            await CommitApartAsync(batch[half..], unstored);
        }
    }

    /// <summary>Answers the publishes whose keys were used. Returns the others.</summary>
    private async Task<List<PendingPublish>> AnswerRepeatedAsync(List<PendingPublish> batch)
    {
        var used = await keys.FindAsync(
            log, [.. batch.Select(publish => publish.Key).OfType<string>()], CancellationToken.None);
        var rest = new List<PendingPublish>();
        foreach (var publish in batch)
        {
            if (publish.Key is null || !used.TryGetValue(publish.Key, out var first))
            {
                rest.Add(publish);
                continue;
            }

            Finish(publish);
            if (PublishKey.IsSame(first.RequestHash, publish.RequestHash)) publish.Done.SetResult(first.Repeat());
            else publish.Done.SetException(new IdempotencyConflictException());
        }

        return rest;
    }

    private void TakeBatch(List<PendingPublish> batch)
    {
        var (count, bytes) = (0, 0L);
        while (_pending.TryPeek(out var next) && (batch.Count == 0
            || (count + next.Drafts.Length <= MaxCommitMessages && bytes + next.Bytes <= MaxCommitBytes)))
        {
            batch.Add(_pending.Dequeue());
            count += next.Drafts.Length;
            bytes += next.Bytes;
        }
    }

    /// <summary>The error is not caused by a message: it would fail any other commit as well.</summary>
    private static bool IsOfAll(Exception e) =>
        e is FencedException or StorageUnavailableException or ObjectDisposedException or OperationCanceledException;

    private async Task CommitAsync(ChannelHead before, List<PendingPublish> batch, List<Message> unstored)
    {
        var (append, others) = writer.Write(before.Head, batch);
        var trace = await WriteAsync(before.Epoch, batch, append);

        state.Advance(before, append.Messages, new Commit(batch.Min(publish => publish.AcceptedAt), trace));
        unstored.AddRange(others);
        foreach (var publish in batch)
        {
            Finish(publish);
            publish.Done.SetResult(new PublishResult(publish.FirstOffset, publish.Drafts.Length, Repeated: false));
        }
    }

    /// <summary>One transaction. Answers the trace that it belongs to, if one is recorded.</summary>
    private async Task<string?> WriteAsync(string epoch, List<PendingPublish> batch, LogAppend append)
    {
        using var activity = Tracing.Source.HasListeners()
            ? Tracing.Start(
                Tracing.Commit,
                ActivityKind.Internal,
                [.. batch.Select(publish => publish.Trace?.Context).OfType<ActivityContext>()])
            : null;
        if (activity is not null)
        {
            activity.SetTag("notifyhub.channel", log).SetTag("messaging.batch.message_count", append.Messages.Count);
            // A span has one parent; the other traces are linked.
            foreach (var trace in batch.Select(publish => publish.Trace).OfType<Activity>().Skip(1))
                trace.AddLink(new ActivityLink(activity.Context));
        }

        // The database's own spans belong to this one.
        Activity.Current = activity;
        var begun = time.GetTimestamp();
        try
        {
            await store.AppendAsync(log, epoch, append, CancellationToken.None);
            metrics.Committed(append.Messages.Count, time.GetElapsedTime(begun));
            return activity is null ? null : Tracing.Write(activity.Context);
        }
        catch (Exception failure)
        {
            metrics.CommitFailed(ErrorOf(failure), time.GetElapsedTime(begun));
            activity?.SetStatus(ActivityStatusCode.Error, failure.GetType().Name);
            throw;
        }
    }

    private static string ErrorOf(Exception failure) => failure switch
    {
        FencedException => "fenced",
        StorageBrokenException => SiloMetrics.StorageBroken,
        StorageUnavailableException => SiloMetrics.StorageUnavailable,
        _ => "not_storable",
    };

    private void Fail(IReadOnlyCollection<PendingPublish> publishes, Exception e)
    {
        _pending.Clear();
        // Whether the last batch was committed may be unknown: before the next write, read the log's end from the database.
        state.Forget();
        // The storage has logged its own failures, with the cause.
        if (e is StorageUnavailableException) LogStorageFailed(e.Message, log, publishes.Count);
        else if (e is not FencedException) LogCommitFailed(e, log, publishes.Count);
        e = e switch
        {
            FencedException => new StorageUnavailableException("The channel has moved; try again."),
            // The silo is ending.
            ObjectDisposedException or OperationCanceledException =>
                new StorageUnavailableException("The silo is shutting down; try again."),
            _ => e,
        };

        foreach (var publish in publishes)
        {
            Finish(publish);
            publish.Done.TrySetException(e);
        }
    }

    /// <summary>Does not wait for the database any more.</summary>
    private void Finish(PendingPublish publish)
    {
        budget.Return(publish.Bytes);
        metrics.Queued(-publish.Bytes);
    }

    [LoggerMessage(403, LogLevel.Error, "{Publishes} publishes to log {Log} failed; their callers were notified")]
    private partial void LogCommitFailed(Exception exception, string log, int publishes);

    [LoggerMessage(404, LogLevel.Error, "A publish to log {Log} cannot be stored; only it was refused")]
    private partial void LogNotStorable(Exception exception, string log);

    [LoggerMessage(407, LogLevel.Debug,
        "{Publishes} publishes to log {Log} failed; their callers were notified: {Error}")]
    private partial void LogStorageFailed(string error, string log, int publishes);
}
