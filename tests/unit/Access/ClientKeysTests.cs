using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using Microsoft.Extensions.Time.Testing;
using NotifyHub.Gateway.Access;
using NotifyHub.Gateway.Settings;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.UnitTests.Access;

/// <summary>The application's keys as they change.</summary>
public sealed class ClientKeysTests : IDisposable
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly RSA _a = RSA.Create(2048);
    private readonly RSA _b = RSA.Create(2048);
    private readonly FakeTimeProvider _clock = new(TokenVerifier.Start);
    private readonly LogLines<ClientKeys> _log = new();

    [Fact]
    public async Task A_key_set_at_an_address_is_followed_once_a_minute()
    {
        await using var server = await KeyServer.StartAsync();
        server.Body = Jwt.Set(Jwt.Jwk(_a, "a"));
        using var keys = Keys(server.Address);

        for (var i = 0; i < 100; i++) Assert.True(await HasSignedAsync(keys, _a, "a"));
        Assert.Equal(1, server.Requests);

        server.Body = Jwt.Set(Jwt.Jwk(_b, "b"));
        for (var i = 0; i < 100; i++) Assert.False(await HasSignedAsync(keys, _b, "b"));
        Assert.Equal(1, server.Requests);
        _clock.Advance(Minute);
        Assert.True(await HasSignedAsync(keys, _b, "b"));
        for (var i = 0; i < 100; i++) Assert.False(await HasSignedAsync(keys, _a, $"x{i}"));
        Assert.False(await HasSignedAsync(keys, _a, "a"));
        Assert.Equal(2, server.Requests);
    }

    [Fact]
    public async Task A_thousand_clients_wait_for_one_fetch()
    {
        await using var server = await KeyServer.StartAsync();
        var gate = new TaskCompletionSource();
        (server.Body, server.Gate) = (Jwt.Set(Jwt.Jwk(_a, "a")), gate.Task);
        using var keys = Keys(server.Address);

        // Signed before: the fetch has a time limit of its own.
        var token = Jwt.Rs256(_a, TokenVerifier.Claims(), """{"alg":"RS256","kid":"a"}""");
        var all = Enumerable.Range(0, 1000).Select(_ => HasSignedAsync(keys, token)).ToArray();
        await Until.TrueAsync(() => server.Requests > 0);
        gate.SetResult();

        Assert.All(await Task.WhenAll(all), Assert.True);
        Assert.Equal(1, server.Requests);
    }

    [Fact]
    public async Task Removed_keys_end_although_no_unknown_one_comes()
    {
        await using var server = await KeyServer.StartAsync();
        server.Body = Jwt.Set(Jwt.Jwk(_a, "a"), Jwt.Jwk(_b, "b"));
        using var keys = Keys(server.Address);
        Assert.True(await HasSignedAsync(keys, _a, "a"));

        server.Body = Jwt.Set(Jwt.Jwk(_b, "b"));
        _clock.Advance(10 * Minute);

        await Until.TrueAsync(async () => !await HasSignedAsync(keys, _a, "a"));
        Assert.True(await HasSignedAsync(keys, _b, "b"));
    }

    [Theory]
    [InlineData(500, "")]
    [InlineData(200, "<html>")]
    [InlineData(200, """{"keys":[]}""")]
    [InlineData(200, "too long")]
    public async Task A_failed_fetch_keeps_the_keys_and_is_logged(int status, string body)
    {
        await using var server = await KeyServer.StartAsync();
        server.Body = Jwt.Set(Jwt.Jwk(_a, "a"));
        using var keys = Keys(server.Address);
        Assert.True(await HasSignedAsync(keys, _a, "a"));

        server.Status = status;
        server.Body = body == "too long" ? Jwt.Set(Jwt.Jwk(_b, "b")) + new string(' ', Jwks.MaxBytes) : body;
        _clock.Advance(Minute);
        Assert.False(await HasSignedAsync(keys, _b, "b"));

        Assert.True(await HasSignedAsync(keys, _a, "a"));
        Assert.Equal(2, server.Requests);
        var line = Assert.Single(_log.All);
        Assert.StartsWith("Warning: The keys of ClientTokenJwks could not be read: ", line, StringComparison.Ordinal);
        Assert.EndsWith("; the known keys stay", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_any_key_yet_a_token_is_neither_good_nor_bad()
    {
        await using var server = await KeyServer.StartAsync();
        server.Status = 503;
        using var keys = Keys(server.Address);

        await Assert.ThrowsAsync<TimeoutException>(() => HasSignedAsync(keys, _a, "a"));
        (server.Status, server.Body) = (200, Jwt.Set(Jwt.Jwk(_a, "a")));
        await Assert.ThrowsAsync<TimeoutException>(() => HasSignedAsync(keys, _a, "a"));
        Assert.Equal(1, server.Requests);
        _clock.Advance(TimeSpan.FromSeconds(5));
        Assert.True(await HasSignedAsync(keys, _a, "a"));
    }

    [Fact]
    public async Task Keys_over_https_are_not_taken_from_a_redirect_without_it()
    {
        using var certificate = new TestCertificate();
        await using var safe = await KeyServer.StartAsync(certificate);
        await using var unsafeOne = await KeyServer.StartAsync();
        unsafeOne.Body = safe.Body = Jwt.Set(Jwt.Jwk(_a, "a"));
        using var handler = Jwks.Handler();
        handler.SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = certificate.IsShown };
        using var keys = Keys(safe.Address, handler);

        safe.Location = unsafeOne.Address;
        await Assert.ThrowsAsync<TimeoutException>(() => HasSignedAsync(keys, _a, "a"));
        Assert.Equal(0, unsafeOne.Requests);
        safe.Location = null;
        _clock.Advance(Minute);
        Assert.True(await HasSignedAsync(keys, _a, "a"));
    }

    [Fact]
    public async Task A_server_that_nobody_vouches_for_is_not_believed()
    {
        using var certificate = new TestCertificate();
        await using var server = await KeyServer.StartAsync(certificate);
        server.Body = Jwt.Set(Jwt.Jwk(_a, "a"));
        using var keys = Keys(server.Address);

        await Assert.ThrowsAsync<TimeoutException>(() => HasSignedAsync(keys, _a, "a"));
        Assert.Equal(0, server.Requests);
    }

    [Fact]
    public async Task A_redirect_from_this_machine_to_elsewhere_is_not_believed()
    {
        using var handler = new Elsewhere(Jwt.Set(Jwt.Jwk(_a, "a")));
        using var keys = Keys("http://localhost/keys", handler);

        await Assert.ThrowsAsync<TimeoutException>(() => HasSignedAsync(keys, _a, "a"));
    }

    [Fact]
    public async Task A_kid_names_the_key_and_no_other_is_tried()
    {
        using var file = new TemporaryFile(Jwt.Set(Jwt.Jwk(_a, "a"), Jwt.Jwk(_b, "b")));
        using var keys = Keys(file.Path);

        Assert.True(await HasSignedAsync(keys, _a, "a"));
        Assert.False(await HasSignedAsync(keys, _a, "b"));
        Assert.False(await HasSignedAsync(keys, _a, "c"));
        Assert.True(await HasSignedAsync(keys, _b, null));
    }

    [Fact]
    public async Task A_key_set_may_have_all_kinds_and_others_are_left_out()
    {
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var weak = RSA.Create(1024);
        var ed = Jwt.NewEd25519();
        const string secret = """{"kty":"oct","kid":"s","k":"c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA"}""";
        var encrypting = Jwt.Jwk(_b, "enc").Replace("\"sig\"", "\"enc\"", StringComparison.Ordinal);
        const string broken = """{"kty":"OKP","crv":"Ed25519","kid":"broken","x":"AAAA"}""";
        using var file = new TemporaryFile(Jwt.Set(
            secret, encrypting, broken, Jwt.Jwk(weak, "weak"), Jwt.Jwk(_a, "a"), Jwt.Jwk(ec, "ec"), Jwt.Jwk(ed, "ed")));
        using var keys = Keys(file.Path);
        var claims = TokenVerifier.Claims();

        Assert.True(await HasSignedAsync(keys, _a, "a"));
        Assert.True(await HasSignedAsync(keys, Jwt.Es256(ec, claims, """{"alg":"ES256","kid":"ec"}""")));
        Assert.True(await HasSignedAsync(keys, Jwt.EdDsa(ed, claims, """{"alg":"EdDSA","kid":"ed"}""")));
        Assert.False(await HasSignedAsync(keys, weak, "weak"));
        Assert.False(await HasSignedAsync(keys, _b, "enc"));
        Assert.False(await HasSignedAsync(
            keys, Jwt.Hs256("secret-secret-secret-secret-secret", claims, """{"alg":"HS256","kid":"s"}""")));
    }

    [Fact]
    public async Task A_file_of_keys_is_read_again_within_a_minute()
    {
        using var file = new TemporaryFile(_a.ExportSubjectPublicKeyInfoPem());
        using var keys = new ClientKeys(
            new GatewayOptions { ClientTokenKeys = file.Path }, _clock, _log, new SocketsHttpHandler());
        Assert.True(await HasSignedAsync(keys, _a, null));

        file.Write(_b.ExportSubjectPublicKeyInfoPem());
        Assert.False(await HasSignedAsync(keys, _b, null));
        _clock.Advance(Minute);
        Assert.True(await HasSignedAsync(keys, _b, null));
        Assert.False(await HasSignedAsync(keys, _a, null));
    }

    public void Dispose()
    {
        _a.Dispose();
        _b.Dispose();
        _log.Dispose();
    }

    private ClientKeys Keys(string jwks, HttpMessageHandler? handler = null) =>
        new(new GatewayOptions { ClientTokenJwks = jwks }, _clock, _log, handler ?? Jwks.Handler());

    private static Task<bool> HasSignedAsync(ClientKeys keys, RSA key, string? id)
    {
        var header = id is null ? """{"alg":"RS256"}""" : $$"""{"alg":"RS256","kid":"{{id}}"}""";
        return HasSignedAsync(keys, Jwt.Rs256(key, TokenVerifier.Claims(), header));
    }

    private static async Task<bool> HasSignedAsync(ClientKeys keys, string token) =>
        await keys.HaveSignedAsync(SignedToken.Parse(token)!);

    /// <summary>Answers as a server to which a request was redirected.</summary>
    private sealed class Elsewhere(string body) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK)
            {
                Content = new StringContent(body),
                RequestMessage = new HttpRequestMessage(HttpMethod.Get, "http://keys.example.com/"),
            });
    }
}
