using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace NotifyHub.Console.Api;

/// <summary>Sends a request and returns the data of the answer, or throws <see cref="ApiException"/>.</summary>
public sealed class ApiTransport(HttpClient http)
{
    public Task<T> GetAsync<T>(string path, JsonTypeInfo<Envelope<T>> answer, CancellationToken cancellation) =>
        SendAsync<T, object>(HttpMethod.Get, path, answer, cancellation: cancellation);

    public Task<T> SendAsync<T>(HttpMethod method, string path, JsonTypeInfo<Envelope<T>> answer) =>
        SendAsync<T, object>(method, path, answer);

    /// <exception cref="ApiException">The status is not a success, or no answer came.</exception>
    public async Task<T> SendAsync<T, TBody>(
        HttpMethod method, string path, JsonTypeInfo<Envelope<T>> answer, JsonTypeInfo<TBody>? bodyType = null,
        TBody? body = default, (string Name, string Value)? header = null, CancellationToken cancellation = default)
    {
        using var request = new HttpRequestMessage(method, path);
        if (header is var (name, value)) request.Headers.Add(name, value);
        if (bodyType is not null) request.Content = JsonContent.Create(body!, bodyType);

        try
        {
            using var response = await http.SendAsync(request, cancellation);
            if (!response.IsSuccessStatusCode) throw await FailureAsync(response, cancellation);
            var envelope = await response.Content.ReadFromJsonAsync(answer, cancellation);
            return envelope is { Data: { } data } ? data : throw new ApiException(response.StatusCode, ApiException.Unreadable);
        }
        catch (JsonException e)
        {
            throw new ApiException(HttpStatusCode.OK, ApiException.Unreadable, cause: e);
        }
        catch (HttpRequestException e)
        {
            throw new ApiException(0, ApiException.Unreachable, cause: e);
        }
        catch (TaskCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            // The client's own timeout.
            throw new ApiException(0, ApiException.Unreachable, cause: e);
        }
    }

    private static async Task<ApiException> FailureAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        ErrorBody? error = null;
        try
        {
            error = (await response.Content.ReadFromJsonAsync(ApiJson.Default.ErrorEnvelope, cancellation))?.Error;
        }
        catch (JsonException)
        {
            // A proxy's error page, not an answer of the API.
        }

        return new ApiException(
            response.StatusCode,
            error?.Code ?? $"HTTP_{(int)response.StatusCode}",
            error?.Message,
            error?.Details,
            response.Headers.RetryAfter?.Delta);
    }
}
