using NotifyHub.Gateway.Access;
using NotifyHub.UnitTests.Api;
using Xunit;

namespace NotifyHub.UnitTests.Access;

/// <summary>Who is let in with which kind of token, and what a new token makes of a client.</summary>
public sealed class ClientAuthenticationTests
{
    private static readonly string Ann = Jwt.Hs256(TokenVerifier.Secret, TokenVerifier.Claims());

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_token_lets_in_where_one_is_required_and_elsewhere(bool isRequired)
    {
        using var verifier = TokenVerifier.WithSecret(options => options.RequireToken = isRequired);

        Assert.Equal("42", (await AskAsync(verifier, Ann)).Principal!.Token!.User);
        Assert.Equal(TokenFault.Invalid, (await AskAsync(verifier, Ann[..^2])).Code);
        var (anonymous, code) = await AskAsync(verifier, null);
        Assert.Equal(isRequired ? null : ClientPrincipal.Anonymous, anonymous);
        Assert.Equal(isRequired ? TokenFault.Unauthorized : null, code);
    }

    [Fact]
    public async Task Logins_and_keys_are_staff_and_no_users()
    {
        using var verifier = TokenVerifier.WithSecret();
        var login = verifier.Logins.Issue(verifier.Grid.Users[7]).Token;

        var (person, _) = await verifier.Authentication.AuthenticateAsync(login, asksToObserve: true);
        Assert.Equal((7, true, true), (person!.UserId!.Value, person.IsObserver, person.IsStaff));
        Assert.Null(person.Token);
        var (service, _) = await AskAsync(verifier, FakeGrid.ReadKeySecret);
        Assert.Equal(5, service!.KeyId);
        Assert.Equal(TokenFault.Unauthorized, (await AskAsync(verifier, FakeGrid.PublishKeySecret)).Code);
        Assert.Equal(TokenFault.Unauthorized, (await AskAsync(verifier, "nh_unknown")).Code);
        Assert.Equal(TokenFault.Invalid, (await AskAsync(verifier, "a.b.c")).Code);
    }

    [Fact]
    public async Task Only_a_login_may_observe()
    {
        using var verifier = TokenVerifier.WithSecret();

        foreach (var token in (string?[])[null, Ann, FakeGrid.ReadKeySecret])
        {
            var (principal, code) = await verifier.Authentication.AuthenticateAsync(token, asksToObserve: true);
            Assert.Null(principal);
            Assert.Equal(TokenFault.Unauthorized, code);
        }
    }

    [Fact]
    public async Task A_new_token_makes_an_anonymous_client_a_user_and_renews_a_user()
    {
        using var verifier = TokenVerifier.WithSecret();
        var (first, _) = await verifier.Authentication.RenewAsync(ClientPrincipal.Anonymous, Ann);
        Assert.Equal("42", first!.Token!.User);

        var later = Jwt.Hs256(TokenVerifier.Secret, TokenVerifier.Claims(",\"channels\":[\"a\"]", 5));
        var (second, code) = await verifier.Authentication.RenewAsync(first, later);

        Assert.Null(code);
        Assert.Equal(["a"], second!.Token!.Channels);
        Assert.Equal(first.ExpiresAt.AddSeconds(5), second.ExpiresAt);
    }

    [Fact]
    public async Task A_new_token_of_another_user_is_refused()
    {
        using var verifier = TokenVerifier.WithSecret();
        var (ann, _) = await verifier.Authentication.RenewAsync(ClientPrincipal.Anonymous, Ann);
        var bob = Jwt.Hs256(
            TokenVerifier.Secret, TokenVerifier.Claims().Replace("\"42\"", "\"43\"", StringComparison.Ordinal));
        var login = verifier.Logins.Issue(verifier.Grid.Users[7]).Token;
        var (person, _) = await AskAsync(verifier, login);

        Assert.Equal(TokenFault.OtherUser, await CodeAsync(ann!, bob));
        Assert.Equal(TokenFault.OtherUser, await CodeAsync(person!, Ann));
        Assert.Equal(TokenFault.Invalid, await CodeAsync(ann!, login));
        Assert.Equal(TokenFault.Invalid, await CodeAsync(ann!, FakeGrid.ReadKeySecret));
        Assert.Equal(TokenFault.Invalid, await CodeAsync(ann!, ""));
        verifier.Clock.Advance(TimeSpan.FromHours(2));
        Assert.Equal(TokenFault.Expired, await CodeAsync(ann!, Ann));

        async Task<string?> CodeAsync(ClientPrincipal who, string token)
        {
            var (principal, code) = await verifier.Authentication.RenewAsync(who, token);
            Assert.Null(principal);
            return code;
        }
    }

    private static async Task<TokenVerdict> AskAsync(TokenVerifier verifier, string? token) =>
        await verifier.Authentication.AuthenticateAsync(token, asksToObserve: false);
}
