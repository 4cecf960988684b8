namespace NotifyHub.Console.Api;

/// <summary>One page of a list.</summary>
/// <param name="Total">Of all pages.</param>
public sealed record Listing<T>(IReadOnlyList<T> Items, long Total);

/// <summary>Which part of a list is asked for. Pages count from 1; at most 500 a page.</summary>
public readonly record struct Paging(int Page, int Limit);
