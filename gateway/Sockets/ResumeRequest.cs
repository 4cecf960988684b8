namespace NotifyHub.Gateway.Sockets;

/// <summary>Where a client wants to resume <c>all</c>.</summary>
/// <param name="Since">The last offset that it has.</param>
/// <param name="Epoch">The epoch of that offset; null: not known.</param>
/// <param name="IsAnswered">It was told that it is subscribed.</param>
internal readonly record struct ResumeRequest(long Since, string? Epoch, bool IsAnswered = false);
