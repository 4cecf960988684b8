using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace NotifyHub.Bench;

/// <summary>Publishes over <c>POST /api/push</c>, one request at a time, so that the order of the messages is known.</summary>
internal sealed class RestPublisher(BenchOptions options, long run) : Publisher(options, run), IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = options.ApiBase };
    private readonly byte[] _body = new byte[(options.Batch * (options.Size + 1)) + 1];
    private readonly long[] _sentAt = new long[options.Batch];
    private bool _signedIn;

    public void Dispose() => _http.Dispose();

    protected override async Task PublishAsync(long end, CancellationToken cancellation)
    {
        if (!_signedIn) await SignInAsync(cancellation);
        while (true)
        {
            var now = Clock.Now;
            if (now >= end || cancellation.IsCancellationRequested) return;
            var due = Due(now);
            if (due < Options.Batch && !double.IsPositiveInfinity(Options.Rate))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(1), cancellation);
                continue;
            }
            if (due == 0) return;
            await PostAsync(Fill(now), cancellation);
        }
    }

    /// <summary>Writes a batch; the bytes of the body. One message alone is sent as the object, not as an array of one.</summary>
    private ArraySegment<byte> Fill(long now)
    {
        var position = 0;
        for (var i = 0; i < Options.Batch; i++)
        {
            // The rate asks for batches; the moment a whole batch is due is the moment of sending, unless the last answer was late.
            var at = Math.Min(now, NextDue + (long)((Options.Batch - 1 - i) * 1e6 / Options.Rate));
            _body[position++] = i == 0 ? (byte)'[' : (byte)',';
            Next(_body.AsSpan(position, Options.Size), at);
            position += Options.Size;
            _sentAt[i] = at;
        }
        _body[position++] = (byte)']';
        return Options.Batch == 1 ? new ArraySegment<byte>(_body, 1, position - 2) : new ArraySegment<byte>(_body, 0, position);
    }

    private async Task PostAsync(ArraySegment<byte> body, CancellationToken cancellation)
    {
        using var content = new ByteArrayContent(body.Array!, body.Offset, body.Count);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var response = await _http.PostAsync(new Uri("api/push", UriKind.Relative), content, cancellation);
        var answer = await response.Content.ReadAsStringAsync(cancellation);
        var now = Clock.Now;
        var refusal = response.IsSuccessStatusCode ? null : $"{(int)response.StatusCode} {answer}";
        foreach (var at in _sentAt) Answered(at, now, refusal);
    }

    private async Task SignInAsync(CancellationToken cancellation)
    {
        _signedIn = true;
        var token = Options.Token;
        if (Options.ApiKey.Length > 0)
        {
            _http.DefaultRequestHeaders.Add("X-API-Key", Options.ApiKey);
            return;
        }
        if (token.Length == 0)
        {
            var login = new Dictionary<string, string> { ["email"] = Options.Email, ["password"] = Options.Password };
            using var response = await _http.PostAsJsonAsync(new Uri("api/auth/login", UriKind.Relative), login, cancellation);
            using var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync(cancellation));
            if (!response.IsSuccessStatusCode) throw new IOException($"Login: {(int)response.StatusCode} {body.RootElement}");
            token = body.RootElement.GetProperty("data").GetProperty("token").GetString()!;
        }
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }
}
