using Microsoft.AspNetCore.WebUtilities;

namespace NotifyHub.Gateway.Sockets;

/// <summary>What a request for a WebSocket says, wherever it was parsed: by <see cref="ClientTransport"/> or by the HTTP
/// server.</summary>
/// <param name="Path">Without the query.</param>
/// <param name="Query">With its <c>?</c>, or empty.</param>
/// <param name="Key"><c>Sec-WebSocket-Key</c>.</param>
/// <param name="Version"><c>Sec-WebSocket-Version</c>.</param>
/// <param name="Protocols"><c>Sec-WebSocket-Protocol</c>, comma separated.</param>
/// <param name="ApiKey"><c>X-API-Key</c>.</param>
/// <param name="ForwardedFor"><c>X-Forwarded-For</c>, which any client can send.</param>
public sealed record HandshakeRequest(
    string Path,
    string Query,
    string? Key,
    string? Version,
    string? Protocols,
    string? Origin,
    string UserAgent,
    string? Authorization = null,
    string? ApiKey = null,
    string? ForwardedFor = null)
{
    /// <summary>What browsers, which can set no header, offer beside <c>notifyhub.v1</c>: this and the token.</summary>
    public const string TokenProtocol = "notifyhub.bearer.";

    private const string Bearer = "Bearer ";

    /// <summary>The client token, login token or API key that the client shows, wherever it does; null: none.</summary>
    public string? Token()
    {
        // Another scheme is between the client and a proxy.
        if (Authorization is not null && Authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
            return Authorization[Bearer.Length..].Trim();
        if (ApiKey is not null) return ApiKey;
        if (Protocols is not null && Protocols.Contains(TokenProtocol, StringComparison.Ordinal))
        {
            foreach (var offered in Protocols.Split(',', StringSplitOptions.TrimEntries))
                if (offered.StartsWith(TokenProtocol, StringComparison.Ordinal)) return offered[TokenProtocol.Length..];
        }

        return Query.Contains("token", StringComparison.OrdinalIgnoreCase)
            && QueryHelpers.ParseQuery(Query).TryGetValue("token", out var tokens)
            ? tokens.ToString()
            : null;
    }

    /// <summary>The client asks that what it is sent does not count as delivered (<c>?observer=1</c>).</summary>
    public bool AsksToObserve() => Query.Contains("observer", StringComparison.OrdinalIgnoreCase)
        && QueryHelpers.ParseQuery(Query).TryGetValue("observer", out var observer) && observer == "1";

    /// <summary>Without what a log must not have.</summary>
    public override string ToString() => $"WebSocket request for {Path}";
}
