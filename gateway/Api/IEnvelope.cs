namespace NotifyHub.Gateway.Api;

/// <summary>An envelope, whatever is in it.</summary>
internal interface IEnvelope
{
    object? Data { get; }
}
