using System.Diagnostics;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Grains.Broadcast;

/// <summary>A publish that waits for its commit.</summary>
internal sealed class PendingPublish(PublishBatch batch, DateTimeOffset now)
{
    // What each takes beside its text, roughly: the bound is on memory, not to the byte. Without it two million empty objects
    // would count for nothing.
    private const int PublishBytes = 512;
    private const int DraftBytes = 128;
    private const int NotificationBytes = 512;

    public Draft[] Drafts => batch.Drafts;

    public string? Key => batch.IdempotencyKey;

    public byte[]? RequestHash => batch.RequestHash;

    public LogPosition? Known => batch.Known;

    /// <summary>By the gateway's clock, but for one that is ahead.</summary>
    public DateTimeOffset AcceptedAt { get; } = batch.AcceptedAt is { } at && at < now ? at : now;

    public long FirstOffset { get; set; }

    public long Bytes { get; } = PublishBytes + batch.Drafts.Sum(draft => DraftBytes + (draft.Payload?.Length
        ?? (NotificationBytes + 2L * (draft.Fields!.Title.Length + draft.Fields.Message.Length))));

    /// <summary>The call that it came with, while it is recorded.</summary>
    public Activity? Trace { get; } = Activity.Current is { Recorded: true } activity ? activity : null;

    public TaskCompletionSource<PublishResult> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
