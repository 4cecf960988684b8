namespace NotifyHub.Console.Api;

public sealed record ErrorEnvelope(ErrorBody? Error);
