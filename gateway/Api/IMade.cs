namespace NotifyHub.Gateway.Api;

/// <summary>The answer to the request that made it.</summary>
internal interface IMade
{
    long Id { get; }
}
