using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace NotifyHub.Bench;

/// <summary>
/// Publishes over REST: <c>POST /api/push</c>, or the batch of notifications, each with a message as its metadata. With one
/// request at a time the order of all messages is known; with several, only the order within each.
/// </summary>
internal sealed class RestPublisher(BenchOptions options, long run) : Publisher(options, run), IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = options.ApiBase };
    private readonly Lock _lock = new();
    private bool _signedIn;

    public void Dispose() => _http.Dispose();

    protected override async Task PublishAsync(long end, CancellationToken cancellation)
    {
        if (!_signedIn) await SignInAsync(cancellation);
        await Task.WhenAll(Enumerable.Range(0, Options.InFlight)
            .Select(_ => Task.Run(() => PostUntilAsync(end, cancellation), cancellation)));
    }

    private async Task PostUntilAsync(long end, CancellationToken cancellation)
    {
        var request = new Request(Options);
        while (true)
        {
            var now = Clock.Now;
            if (now >= end || cancellation.IsCancellationRequested) return;
            bool filled;
            lock (_lock)
            {
                if (BenchMessage.MaxMessages - Sent < Options.Batch) return;
                filled = Due(now) >= Options.Batch;
                if (filled) Fill(request, now);
            }
            if (filled) await PostAsync(request, cancellation);
            else await Task.Delay(TimeSpan.FromMilliseconds(1), cancellation);
        }
    }

    private void Fill(Request request, long now)
    {
        request.First = Sent;
        request.Clear();
        for (var i = 0; i < Options.Batch; i++)
        {
            // The rate is met in batches. A batch counts from when it was due in full, unless the last answer was late.
            var at = Math.Min(now, NextDue + (long)((Options.Batch - 1 - i) * 1e6 / Options.Rate));
            Next(request.Add(at), at);
        }
    }

    private async Task PostAsync(Request request, CancellationToken cancellation)
    {
        using var content = new ByteArrayContent(request.Body.Array!, request.Body.Offset, request.Body.Count);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var response = await _http.PostAsync(request.Path, content, cancellation);
        var answer = await response.Content.ReadAsByteArrayAsync(cancellation);
        var now = Clock.Now;
        var refusal = response.IsSuccessStatusCode ? null : $"{(int)response.StatusCode} {Encoding.UTF8.GetString(answer)}";
        lock (_lock)
        {
            for (var i = 0; i < request.SentAt.Count; i++) Answered(request.First + i, request.SentAt[i], now, refusal);
        }
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

    /// <summary>The body of one request in flight; it is reused.</summary>
    private sealed class Request(BenchOptions options)
    {
        private readonly bool _notifications = options.Publisher == PublisherKind.Notifications;
        private readonly byte[] _body = new byte[(options.Batch * (options.Size + BeforeMetadata.Length + 2)) + 1];
        private int _length;

        private static ReadOnlySpan<byte> BeforeMetadata => "{\"title\":\"bench\",\"message\":\"bench\",\"metadata\":"u8;

        public Uri Path { get; } = new(
            options.Publisher == PublisherKind.Notifications ? "api/notifications/windows/batch" : "api/push", UriKind.Relative);

        /// <summary>The number of the first message.</summary>
        public long First { get; set; }

        public List<long> SentAt { get; } = [];

        /// <summary>A push of one message is the object itself, not an array of one.</summary>
        public ArraySegment<byte> Body => options.Batch == 1 && !_notifications
            ? new ArraySegment<byte>(_body, 1, _length - 1)
            : new ArraySegment<byte>(_body, 0, _length + 1);

        public void Clear()
        {
            SentAt.Clear();
            _length = 0;
        }

        /// <summary>Makes room for one more message.</summary>
        public Span<byte> Add(long at)
        {
            _body[_length++] = SentAt.Count == 0 ? (byte)'[' : (byte)',';
            SentAt.Add(at);
            if (_notifications) BeforeMetadata.CopyTo(_body.AsSpan(_length));
            if (_notifications) _length += BeforeMetadata.Length;
            var message = _body.AsSpan(_length, options.Size);
            _length += options.Size;
            if (_notifications) _body[_length++] = (byte)'}';
            // The next message overwrites it.
            _body[_length] = (byte)']';
            return message;
        }
    }
}
