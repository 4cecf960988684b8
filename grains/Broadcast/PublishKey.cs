using NotifyHub.GrainInterfaces;

namespace NotifyHub.Grains.Broadcast;

/// <summary>An idempotency key and what its publish was given.</summary>
/// <param name="RequestHash">Distinguishes it from other requests; null: not compared.</param>
public sealed record PublishKey(string Key, long FirstOffset, int Count, byte[]? RequestHash = null)
{
    /// <summary>Requests under one key are the same. Without a hash (a schedule, whose keys are unique) only the key is
    /// compared.</summary>
    public static bool IsSame(byte[]? first, byte[]? again) =>
        first is null || again is null || first.AsSpan().SequenceEqual(again);

    /// <summary>What a publish that came later is answered.</summary>
    public PublishResult Repeat() => new(FirstOffset, Count, Repeated: true);
}
