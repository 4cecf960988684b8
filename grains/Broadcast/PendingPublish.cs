using System.Diagnostics;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Grains.Broadcast;

/// <summary>A publish, or a retraction, that waits for its commit.</summary>
internal sealed class PendingPublish(PublishBatch batch, DateTimeOffset now, Retraction? retraction = null)
{
    // What each takes beside its text, roughly: the bound is on memory, not to the byte. Without it two million empty objects
    // would count for nothing.
    private const int PublishBytes = 512;
    private const int DraftBytes = 128;
    private const int TargetBytes = 384;
    private const int NotificationBytes = 512;

    public PendingPublish(Retraction retraction, DateTimeOffset now) : this(new PublishBatch([]), now, retraction)
    {
    }

    public Draft[] Drafts => batch.Drafts;

    public Retraction? Retraction => retraction;

    public string? Key => batch.IdempotencyKey;

    public byte[]? RequestHash => batch.RequestHash;

    public LogPosition? Known => batch.Known;

    /// <summary>By the gateway's clock, but for one that is ahead.</summary>
    public DateTimeOffset AcceptedAt { get; } = batch.AcceptedAt is { } at && at < now ? at : now;

    /// <summary>Of the first draft that is stored; 0 as long as there is none.</summary>
    public long FirstOffset { get; set; }

    public long Bytes { get; } = PublishBytes + batch.Drafts.Sum(SizeOf);

    /// <summary>The call that it came with, while it is recorded.</summary>
    public Activity? Trace { get; } = Activity.Current is { Recorded: true } activity ? activity : null;

    public TaskCompletionSource<PublishResult> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static long SizeOf(Draft draft) => DraftBytes + (draft.Target is null ? 0 : TargetBytes)
        + (draft.Payload?.Length ?? (NotificationBytes + 2L * (draft.Fields!.Title.Length + draft.Fields.Message.Length)));
}
