namespace NotifyHub.Console.Api;

/// <summary>One page of a list.</summary>
/// <param name="Total">Of all pages.</param>
/// <param name="IsTruncated">A search looked at the newest rows only; older matches are neither listed nor counted.</param>
public sealed record Listing<T>(IReadOnlyList<T> Items, long Total, bool IsTruncated = false);
