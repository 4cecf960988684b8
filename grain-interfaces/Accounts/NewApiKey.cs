namespace NotifyHub.GrainInterfaces;

/// <param name="Secret">What the service sends in <c>X-API-Key</c>.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.NewApiKey")]
public sealed record NewApiKey(
    [property: Id(0)] ApiKey Key,
    [property: Id(1)] string Secret);
