using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using NotifyHub.Console.Accounts;
using NotifyHub.Console.Language;

namespace NotifyHub.Console.Api;

/// <summary>Sends a request as the person who is logged in, in their language, and makes of the answer its data or an exception.</summary>
public sealed class ApiTransport(HttpClient http, Session session, Preferences preferences)
{
    public Task<T> GetAsync<T>(string path, JsonTypeInfo<Envelope<T>> answer, CancellationToken cancellation) =>
        SendAsync<T, object>(HttpMethod.Get, path, answer, cancellation: cancellation);

    public Task<T> SendAsync<T>(HttpMethod method, string path, JsonTypeInfo<Envelope<T>> answer) =>
        SendAsync<T, object>(method, path, answer);

    /// <exception cref="ApiException">The answer is no success, or there is none.</exception>
    public async Task<T> SendAsync<T, TBody>(
        HttpMethod method, string path, JsonTypeInfo<Envelope<T>> answer, JsonTypeInfo<TBody>? bodyType = null, TBody? body = default,
        (string Name, string Value)? header = null, CancellationToken cancellation = default)
    {
        using var request = new HttpRequestMessage(method, path);
        var token = session.Token;
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        request.Headers.AcceptLanguage.ParseAdd(preferences.IsEnglish ? "en" : "zh-Hant");
        if (header is var (name, value)) request.Headers.Add(name, value);
        if (bodyType is not null) request.Content = JsonContent.Create(body!, bodyType);

        try
        {
            using var response = await http.SendAsync(request, cancellation);
            if (!response.IsSuccessStatusCode) throw await FailureAsync(response, cancellation);
            return await response.Content.ReadFromJsonAsync(answer, cancellation) is { Data: { } data } ? data : throw Unreadable(response.StatusCode);
        }
        catch (ApiException refusal) when (refusal.Status == HttpStatusCode.Unauthorized && token is not null && token == session.Token)
        {
            // The login has ended: by time, or by an administrator. Whoever shows pages leads to the login.
            await session.EndAsync(SessionEnd.Expired);
            throw;
        }
        catch (JsonException)
        {
            throw Unreadable(HttpStatusCode.OK);
        }
        catch (HttpRequestException)
        {
            throw new ApiException(0, ApiException.Unreachable, preferences.Texts.Unreachable);
        }
        catch (TaskCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new ApiException(0, ApiException.Unreachable, preferences.Texts.Unreachable);
        }
    }

    private async Task<ApiException> FailureAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        ErrorBody? error = null;
        try
        {
            error = (await response.Content.ReadFromJsonAsync(ApiJson.Default.ErrorEnvelope, cancellation))?.Error;
        }
        catch (JsonException)
        {
            // A proxy's page, not our API's words.
        }

        var status = (int)response.StatusCode;
        return new ApiException(
            response.StatusCode,
            error?.Code ?? $"HTTP_{status}",
            error?.Message ?? preferences.Texts.UnexpectedAnswer(status),
            error?.Details,
            response.Headers.RetryAfter?.Delta);
    }

    private ApiException Unreadable(HttpStatusCode status) =>
        new(status, "UNREADABLE", preferences.Texts.UnexpectedAnswer((int)status));
}
