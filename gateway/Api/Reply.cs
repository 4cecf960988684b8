using Microsoft.AspNetCore.Http.HttpResults;

namespace NotifyHub.Gateway.Api;

/// <summary>Successful answers.</summary>
internal static class Reply
{
    public static Ok<Envelope<T>> Ok<T>(T data, string? message = null) => TypedResults.Ok(new Envelope<T>(data, message));

    public static Created<Envelope<T>> Created<T>(string location, T data) =>
        TypedResults.Created(location, new Envelope<T>(data));
}
