namespace NotifyHub.Console.Api;

public sealed record ConnectionCounts(long Active, long Total, long Errors);
