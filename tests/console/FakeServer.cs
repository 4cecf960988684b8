using System.Net;
using System.Text;

namespace NotifyHub.ConsoleTests;

/// <summary>An API that answers each request as the test defines and records the requests.</summary>
public sealed class FakeServer : HttpMessageHandler
{
    private readonly Dictionary<string, Func<HttpRequestMessage, Task<HttpResponseMessage>>> _answers = [];

    /// <summary>Method, path and query of each request, in order.</summary>
    public List<string> Asked { get; } = [];

    public HttpRequestMessage? Last { get; private set; }

    public string? LastBody { get; private set; }

    /// <param name="request">Method and path, such as <c>GET /api/keys</c>.</param>
    public void Answer(string request, string data, HttpStatusCode status = HttpStatusCode.OK) =>
        Answer(request, _ => Task.FromResult(Json(status, $$"""{"success":true,"data":{{data}}}""")));

    public void Refuse(
        string request, HttpStatusCode status, string code, string message, int? retryAfter = null, string details = "null") =>
        Answer(request, _ =>
        {
            var response = Json(
                status,
                $$$"""{"success":false,"error":{"code":"{{{code}}}","message":"{{{message}}}","details":{{{details}}}}}""");
            if (retryAfter is { } seconds) response.Headers.RetryAfter = new(TimeSpan.FromSeconds(seconds));
            return Task.FromResult(response);
        });

    public void Answer(string request, Func<HttpRequestMessage, Task<HttpResponseMessage>> answer) => _answers[request] = answer;

    public static HttpResponseMessage Json(HttpStatusCode status, string json) =>
        new(status) { Content = new StringContent(json, Encoding.UTF8, "application/json") };

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Last = request;
        LastBody = request.Content is null ? null : await request.Content.ReadAsStringAsync(cancellationToken);
        Asked.Add($"{request.Method} {request.RequestUri!.PathAndQuery}");
        var key = $"{request.Method} {request.RequestUri.AbsolutePath}";
        if (!_answers.TryGetValue(key, out var answer)) throw new HttpRequestException($"Nobody answers {key}.");
        return await answer(request).WaitAsync(cancellationToken);
    }
}
