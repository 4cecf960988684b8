using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using NotifyHub.Gateway.Access;
using NotifyHub.Gateway.Settings;
using NotifyHub.UnitTests.Api;

namespace NotifyHub.UnitTests.Access;

/// <summary>What verifies tokens in a gateway, with a clock of its own and grains in memory.</summary>
internal sealed class TokenVerifier : IDisposable
{
    public const string Secret = "the application's secret, 32 bytes";

    public static readonly DateTimeOffset Start = new(2026, 11, 23, 9, 41, 0, TimeSpan.Zero);

    public TokenVerifier(GatewayOptions options, FakeGrid? grid = null, HttpMessageHandler? handler = null)
    {
        Grid = grid ?? new FakeGrid();
        var factory = Grid.Factory();
        Keys = new ClientKeys(options, Clock, NullLogger.Instance, handler ?? Jwks.Handler());
        Revocations = new TokenRevocations(factory, Clock);
        Own = new OwnTokens(factory, Revocations, Clock);
        Tokens = new ClientTokens(Keys, Own, Revocations, Options.Create(options), Clock);
        // They are checked with the time of day.
        Logins = new TokenIssuer(() => new byte[32], TimeSpan.FromHours(1), TimeProvider.System);
        Authentication = new ClientAuthentication(
            Logins, new TokenVersions(factory, Clock), new ApiKeys(factory, Clock), Tokens, factory, Options.Create(options));
    }

    public FakeTimeProvider Clock { get; } = new(Start);

    public FakeGrid Grid { get; }

    public ClientKeys Keys { get; }

    public TokenRevocations Revocations { get; }

    public OwnTokens Own { get; }

    public ClientTokens Tokens { get; }

    public TokenIssuer Logins { get; }

    public ClientAuthentication Authentication { get; }

    /// <summary>One that takes tokens signed with <see cref="Secret"/>.</summary>
    public static TokenVerifier WithSecret(Action<GatewayOptions>? change = null)
    {
        var options = new GatewayOptions { ClientTokenSecret = Secret };
        change?.Invoke(options);
        return new TokenVerifier(options);
    }

    /// <summary>The claims of a token of user 42, good for an hour, with some others.</summary>
    /// <param name="more">Members, each with the comma before it.</param>
    public static string Claims(string more = "", long issued = 0, long lifetime = 3600)
    {
        var at = Start.ToUnixTimeSeconds() + issued;
        return $$"""{"sub":"42","iat":{{at}},"exp":{{at + lifetime}}{{more}}}""";
    }

    public async Task<string> CodeAsync(string token)
    {
        var (principal, code) = await Tokens.VerifyAsync(token);
        return principal is null ? code! : "good";
    }

    public void Dispose() => Keys.Dispose();
}
