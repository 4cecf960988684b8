namespace NotifyHub.Console.Api;

/// <summary>The part of a list to load.</summary>
/// <param name="Page">Counts from 1.</param>
/// <param name="Limit">Rows per page, at most 500.</param>
public readonly record struct Paging(int Page, int Limit);
