using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;

namespace NotifyHub.Gateway.Api;

/// <summary>What every successful answer is wrapped in.</summary>
public sealed record Envelope<T>(
    T Data,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Message = null) : IEnvelope
{
    [JsonPropertyOrder(-1)]
    public bool Success => true;

    object? IEnvelope.Data => Data;
}

/// <summary>An envelope, whatever is in it.</summary>
internal interface IEnvelope
{
    object? Data { get; }
}

/// <summary>What every failed answer is wrapped in.</summary>
public sealed record ErrorEnvelope(ErrorBody Error)
{
    [JsonPropertyOrder(-1)]
    public bool Success => false;
}

/// <param name="Code">One of <see cref="ErrorCatalogue"/>.</param>
/// <param name="Details">What is wrong, a field.</param>
public sealed record ErrorBody(
    string Code,
    string Message,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyDictionary<string, string>? Details);

/// <summary>Successful answers.</summary>
internal static class Reply
{
    public static Ok<Envelope<T>> Ok<T>(T data, string? message = null) => TypedResults.Ok(new Envelope<T>(data, message));

    public static Created<Envelope<T>> Created<T>(string location, T data) => TypedResults.Created(location, new Envelope<T>(data));
}
