
namespace NotifyHub.Grains.Broadcast;

/// <summary>An idempotency key and what its publish was given.</summary>
/// <param name="RequestHash">Distinguishes it from other requests; null: not compared.</param>
public sealed record PublishKey(string Key, long FirstOffset, int Count, byte[]? RequestHash = null);
