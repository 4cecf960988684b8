namespace NotifyHub.GrainInterfaces;

/// <summary>
/// What a gateway has of a channel. Gateways get messages only after the commit, so one that is ahead of the database proves
/// that the database has lost messages that were acknowledged.
/// </summary>
/// <param name="Epoch">The log's epoch.</param>
/// <param name="Head">The newest offset there.</param>
/// <param name="HeadHash">SHA-256 of the payload at that offset; null when it is not known or not sent.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.LogPosition")]
public sealed record LogPosition(
    [property: Id(0)] string Epoch,
    [property: Id(1)] long Head,
    [property: Id(2)] byte[]? HeadHash = null);
