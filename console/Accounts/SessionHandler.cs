using System.Net;
using System.Net.Http.Headers;
using NotifyHub.Console.Language;

namespace NotifyHub.Console.Accounts;

/// <summary>
/// Adds the token of the session and the user's language to every request. Ends the session when the server rejects the token.
/// </summary>
public sealed class SessionHandler(Session session, Preferences preferences) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var token = session.Token;
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        request.Headers.AcceptLanguage.ParseAdd(preferences.IsEnglish ? "en" : "zh-Hant");

        var response = await base.SendAsync(request, cancellationToken);
        // The login expired or an administrator ended it. Only for the token that was sent: a newer login may have replaced it.
        if (response.StatusCode == HttpStatusCode.Unauthorized && token is not null && token == session.Token)
            await session.EndAsync(SessionEnd.Expired);
        return response;
    }
}
