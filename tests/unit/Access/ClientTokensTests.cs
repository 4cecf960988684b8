using System.Security.Cryptography;
using System.Text;
using NotifyHub.Gateway.Access;
using NotifyHub.Gateway.Settings;
using NotifyHub.UnitTests.Api;
using Xunit;

namespace NotifyHub.UnitTests.Access;

/// <summary>Which client tokens are good, and every way to forge one.</summary>
public sealed class ClientTokensTests
{
    private const string Good = "good";

    [Fact]
    public async Task A_token_says_who_the_client_is_and_what_it_may()
    {
        using var verifier = TokenVerifier.WithSecret();
        var claims = TokenVerifier.Claims(
            """
            ,"jti":"t1","channels":["orders:42","chat:*","all","orders:42"],"meta":{"name":"Ann","n":1.0},
            "caps":[{"match":"chat:*","allow":["publish","presence"]},{"match":"*","allow":["subscribe","history"]}],"other":[1]
            """);

        var (principal, code) = await verifier.Tokens.VerifyAsync(Jwt.Hs256(TokenVerifier.Secret, claims));

        Assert.Null(code);
        Assert.Equal(TokenVerifier.Start.AddHours(1).AddSeconds(30), principal!.ExpiresAt);
        Assert.False(principal.IsStaff || principal.IsObserver);
        var token = principal.Token!;
        Assert.Equal(("42", "t1", TokenVerifier.Start), (token.User, token.Id, token.IssuedAt));
        Assert.Equal(["orders:42", "chat:*", "all"], token.Channels);
        Assert.Equal(
            [
                new ChannelCap("chat:*", ChannelActions.Publish | ChannelActions.Presence),
                new ChannelCap("*", ChannelActions.Subscribe | ChannelActions.History),
            ],
            token.Caps);
        Assert.Equal("""{"name":"Ann","n":1.0}""", token.Meta);
    }

    [Theory]
    [InlineData("""{"iat":0,"exp":1}""")]
    [InlineData("""{"sub":"42","exp":4000000000}""")]
    [InlineData("""{"sub":"42","iat":1790000000}""")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{")]
    [InlineData("")]
    public async Task Claims_that_are_needed_must_be_there(string claims)
    {
        using var verifier = TokenVerifier.WithSecret();

        Assert.Equal(TokenFault.Invalid, await verifier.CodeAsync(Jwt.Hs256(TokenVerifier.Secret, claims)));
    }

    public static TheoryData<string, string> Claims => new()
    {
        { "sub", "42" },
        { "sub", "\"\"" },
        { "sub", "\"a b\"" },
        { "sub", "\"..\"" },
        { "sub", "\"a:\"" },
        { "sub", "\"$x\"" },
        { "sub", "\"*\"" },
        { "sub", "\"\\ud800\"" },
        { "sub", $"\"{new string('u', 129)}\"" },
        { "iat", "\"1790000000\"" },
        { "iat", "1e400" },
        { "iat", "-1" },
        { "exp", "\"4000000000\"" },
        { "exp", "null" },
        { "exp", "1e12" },
        { "nbf", "\"1\"" },
        { "jti", "7" },
        { "jti", "\"\"" },
        { "jti", $"\"{new string('j', 256)}\"" },
        { "channels", "\"all\"" },
        { "channels", "[1]" },
        { "channels", "[\"*\"]" },
        { "channels", "[\"a b\"]" },
        { "channels", "[\"$events\"]" },
        { "channels", "[\"a:*:b\"]" },
        { "caps", "{}" },
        { "caps", "[\"chat:*\"]" },
        { "caps", "[{\"match\":\"chat:*\"}]" },
        { "caps", "[{\"allow\":[\"publish\"]}]" },
        { "caps", "[{\"match\":\"chat:*\",\"allow\":[]}]" },
        { "caps", "[{\"match\":\"chat:*\",\"allow\":[\"read\"]}]" },
        { "caps", "[{\"match\":\"chat:*\",\"allow\":\"publish\"}]" },
        { "caps", "[{\"match\":\"chat*\",\"allow\":[\"publish\"]}]" },
        { "caps", "[{\"match\":\"$x:*\",\"allow\":[\"publish\"]}]" },
        { "caps", "[{\"match\":\"chat:*\",\"allow\":[\"publish\"],\"until\":1}]" },
        { "iss", "\"\\ud800\"" },
        { "\\ud800", "1" },
        { "meta", "{\"a\":[\"\\udfff\"]}" },
        { "meta", "{\"\\ud83dx\":1}" },
        { "meta", "[]" },
        { "meta", "\"{}\"" },
        { "meta", $$"""{"a":"{{new string('m', 1024)}}"}""" },
    };

    [Theory]
    [MemberData(nameof(Claims))]
    public async Task A_claim_of_a_wrong_kind_makes_the_token_invalid(string name, string value)
    {
        using var verifier = TokenVerifier.WithSecret();
        var claims = TokenVerifier.Claims(lifetime: 1_000_000);
        var plain = name switch
        {
            "sub" => claims.Replace("\"sub\":\"42\"", $"\"sub\":{value}", StringComparison.Ordinal),
            "iat" => claims.Replace(
                $"\"iat\":{TokenVerifier.Start.ToUnixTimeSeconds()}", $"\"iat\":{value}", StringComparison.Ordinal),
            "exp" => claims.Replace(
                $"\"exp\":{TokenVerifier.Start.ToUnixTimeSeconds() + 1_000_000}", $"\"exp\":{value}", StringComparison.Ordinal),
            _ => claims.Replace("}", $",\"{name}\":{value}}}", StringComparison.Ordinal),
        };

        Assert.NotEqual(claims, plain);
        Assert.Equal(TokenFault.Invalid, await verifier.CodeAsync(Jwt.Hs256(TokenVerifier.Secret, plain)));
    }

    [Theory]
    [InlineData(",\"sub\":\"43\"")]
    [InlineData(",\"\\u0073ub\":\"43\"")]
    [InlineData(",\"caps\":[{\"match\":\"a\",\"match\":\"b\",\"allow\":[\"publish\"]}]")]
    public async Task A_name_that_stands_twice_makes_the_token_invalid(string more)
    {
        using var verifier = TokenVerifier.WithSecret();

        Assert.Equal(
            TokenFault.Invalid, await verifier.CodeAsync(Jwt.Hs256(TokenVerifier.Secret, TokenVerifier.Claims(more))));
    }

    [Theory]
    [InlineData(0, 3600, Good)]
    [InlineData(30, 3600, Good)]
    [InlineData(31, 3600, TokenFault.Invalid)]
    [InlineData(-100, 71, Good)]
    [InlineData(-100, 70, TokenFault.Expired)]
    [InlineData(0, 0, TokenFault.Invalid)]
    [InlineData(-366L * 86400, 400L * 86400, Good)]
    [InlineData((-366L * 86400) - 30, 400L * 86400, TokenFault.Expired)]
    public async Task Times_are_checked_with_thirty_seconds_of_skew(long issued, long lifetime, string expected)
    {
        using var verifier = TokenVerifier.WithSecret();

        var token = Jwt.Hs256(TokenVerifier.Secret, TokenVerifier.Claims("", issued, lifetime));

        Assert.Equal(expected, await verifier.CodeAsync(token));
    }

    [Theory]
    [InlineData(30, Good)]
    [InlineData(31, TokenFault.Invalid)]
    public async Task A_token_is_not_good_before_its_time(long seconds, string expected)
    {
        using var verifier = TokenVerifier.WithSecret();
        var claims = TokenVerifier.Claims($",\"nbf\":{TokenVerifier.Start.ToUnixTimeSeconds() + seconds}");

        Assert.Equal(expected, await verifier.CodeAsync(Jwt.Hs256(TokenVerifier.Secret, claims)));
    }

    [Theory]
    [InlineData(",\"iss\":\"https://app\",\"aud\":\"hub\"", Good)]
    [InlineData(",\"iss\":\"https://app\",\"aud\":[\"web\",\"hub\"]", Good)]
    [InlineData(",\"iss\":\"https://app\"", TokenFault.Invalid)]
    [InlineData(",\"aud\":\"hub\"", TokenFault.Invalid)]
    [InlineData(",\"iss\":\"https://app/\",\"aud\":\"hub\"", TokenFault.Invalid)]
    [InlineData(",\"iss\":[\"https://app\"],\"aud\":\"hub\"", TokenFault.Invalid)]
    [InlineData(",\"iss\":\"https://app\",\"aud\":[\"web\"]", TokenFault.Invalid)]
    [InlineData(",\"iss\":\"https://app\",\"aud\":{\"hub\":1}", TokenFault.Invalid)]
    [InlineData(",\"iss\":\"notifyhub/client\",\"aud\":\"hub\"", TokenFault.Invalid)]
    public async Task Issuer_and_audience_are_checked_where_they_are_set(string more, string expected)
    {
        using var verifier = TokenVerifier.WithSecret(options =>
            (options.ClientTokenIssuer, options.ClientTokenAudience) = ("https://app", "hub"));

        Assert.Equal(expected, await verifier.CodeAsync(Jwt.Hs256(TokenVerifier.Secret, TokenVerifier.Claims(more))));
    }

    public static TheoryData<string> Forgeries => new(
        "none", "none in capitals", "unsigned", "empty signature", "another secret", "HS512", "no alg", "alg of a wrong kind",
        "crit", "kid of a wrong kind", "truncated", "longer", "padded", "blank", "line break", "five parts", "two parts",
        "claims changed", "oversized", "header twice");

    [Theory]
    [MemberData(nameof(Forgeries))]
    public async Task A_forged_token_is_refused_without_a_reason(string kind)
    {
        using var verifier = TokenVerifier.WithSecret();
        var claims = TokenVerifier.Claims();
        var good = Jwt.Hs256(TokenVerifier.Secret, claims);
        var parts = good.Split('.');
        var token = kind switch
        {
            "none" => $"{Jwt.Encode("""{"alg":"none"}""")}.{parts[1]}.",
            "none in capitals" => $"{Jwt.Encode("""{"alg":"NONE"}""")}.{parts[1]}.{parts[2]}",
            "unsigned" => $"{parts[0]}.{parts[1]}",
            "empty signature" => $"{parts[0]}.{parts[1]}.",
            "another secret" => Jwt.Hs256("another secret that has 32 bytes too", claims),
            "HS512" => Jwt.Sign("""{"alg":"HS512"}""", claims, bytes =>
                HMACSHA512.HashData(Encoding.UTF8.GetBytes(TokenVerifier.Secret), bytes)),
            "no alg" => Jwt.Hs256(TokenVerifier.Secret, claims, """{"typ":"JWT"}"""),
            "alg of a wrong kind" => Jwt.Hs256(TokenVerifier.Secret, claims, """{"alg":["HS256"]}"""),
            "crit" => Jwt.Hs256(TokenVerifier.Secret, claims, """{"alg":"HS256","crit":["b64"],"b64":false}"""),
            "kid of a wrong kind" => Jwt.Hs256(TokenVerifier.Secret, claims, """{"alg":"HS256","kid":1}"""),
            "truncated" => good[..^2],
            "longer" => good + "AA",
            "padded" => good + "=",
            "blank" => good.Replace(".", ". ", StringComparison.Ordinal),
            "line break" => good + "\n",
            "five parts" => $"{good}.a.b",
            "two parts" => "a.b",
            "claims changed" => $"{parts[0]}.{Jwt.Encode(claims.Replace("42", "43", StringComparison.Ordinal))}.{parts[2]}",
            "oversized" => Jwt.Hs256(
                TokenVerifier.Secret, TokenVerifier.Claims($",\"x\":\"{new string('x', 6200)}\"")),
            _ => Jwt.Hs256(TokenVerifier.Secret, claims, """{"alg":"HS256","alg":"none"}"""),
        };

        Assert.Equal(Good, await verifier.CodeAsync(good));
        Assert.Equal(TokenFault.Invalid, await verifier.CodeAsync(token));
        // What is told of an expired one is told only to who could sign it.
        verifier.Clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal(TokenFault.Expired, await verifier.CodeAsync(good));
        Assert.Equal(TokenFault.Invalid, await verifier.CodeAsync(token));
    }

    [Theory]
    [InlineData("jwk")]
    [InlineData("jku")]
    [InlineData("x5u")]
    public async Task Keys_that_a_token_brings_along_are_ignored(string name)
    {
        using var forger = RSA.Create(2048);
        using var application = RSA.Create(2048);
        using var keys = new TemporaryFile(application.ExportSubjectPublicKeyInfoPem());
        using var verifier = new TokenVerifier(new GatewayOptions { ClientTokenKeys = keys.Path });
        var value = name == "jwk" ? Jwt.Jwk(forger, null) : "\"http://127.0.0.1:1/keys\"";
        var header = $$"""{"alg":"RS256","{{name}}":{{value}}}""";

        Assert.Equal(TokenFault.Invalid, await verifier.CodeAsync(Jwt.Rs256(forger, TokenVerifier.Claims(), header)));
        Assert.Equal(Good, await verifier.CodeAsync(Jwt.Rs256(application, TokenVerifier.Claims(), header)));
    }

    [Fact]
    public async Task Each_key_is_for_its_own_algorithm()
    {
        using var rsa = RSA.Create(2048);
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var ed = Jwt.NewEd25519();
        var pem = $"{rsa.ExportSubjectPublicKeyInfoPem()}\n{ec.ExportSubjectPublicKeyInfoPem()}\n{Jwt.Pem(ed)}\n";
        using var keys = new TemporaryFile(pem);
        using var verifier = new TokenVerifier(
            new GatewayOptions { ClientTokenKeys = keys.Path, ClientTokenSecret = TokenVerifier.Secret });
        var claims = TokenVerifier.Claims();

        Assert.Equal(Good, await verifier.CodeAsync(Jwt.Rs256(rsa, claims)));
        Assert.Equal(Good, await verifier.CodeAsync(Jwt.Es256(ec, claims)));
        Assert.Equal(Good, await verifier.CodeAsync(Jwt.EdDsa(ed, claims)));
        Assert.Equal(Good, await verifier.CodeAsync(Jwt.Hs256(TokenVerifier.Secret, claims)));
        // The public keys, which everybody may know, as secrets of HS256.
        foreach (var known in (string[])[pem, rsa.ExportSubjectPublicKeyInfoPem(), Jwt.Pem(ed)])
            Assert.Equal(TokenFault.Invalid, await verifier.CodeAsync(Jwt.Hs256(known, claims)));
        Assert.Equal(TokenFault.Invalid, await verifier.CodeAsync(Jwt.Rs256(rsa, claims, """{"alg":"HS256"}""")));
        Assert.Equal(TokenFault.Invalid, await verifier.CodeAsync(Jwt.Rs256(rsa, claims, """{"alg":"PS256"}""")));
        Assert.Equal(TokenFault.Invalid, await verifier.CodeAsync(Jwt.Es256(ec, claims, """{"alg":"EdDSA"}""")));
        Assert.Equal(TokenFault.Invalid, await verifier.CodeAsync(Jwt.EdDsa(ed, claims, """{"alg":"ES256"}""")));
        Assert.Equal(
            TokenFault.Invalid, await verifier.CodeAsync(Jwt.Hs256(TokenVerifier.Secret, claims, """{"alg":"RS256"}""")));
    }

    [Fact]
    public async Task Without_settings_only_the_servers_own_tokens_are_good()
    {
        using var verifier = new TokenVerifier(new GatewayOptions());
        var own = await verifier.Own.IssueAsync(new WantedToken("42", null, null, null), TimeSpan.FromHours(1));

        Assert.Equal(Good, await verifier.CodeAsync(own.Token));
        Assert.Equal(TokenFault.Invalid, await verifier.CodeAsync(Jwt.Hs256("", TokenVerifier.Claims())));
        Assert.Equal(TokenFault.Invalid, await verifier.CodeAsync(Jwt.Hs256(TokenVerifier.Secret, TokenVerifier.Claims())));
    }

    [Fact]
    public async Task The_servers_own_token_says_what_was_wanted()
    {
        using var verifier = new TokenVerifier(
            new GatewayOptions { ClientTokenIssuer = "https://app", ClientTokenAudience = "hub" });
        verifier.Clock.Advance(TimeSpan.FromMilliseconds(123));
        var wanted = new WantedToken(
            "42", ["orders:1"], [new WantedCap("chat:*", ["publish"])], """{"name":"Ann"}""");

        var issued = await verifier.Own.IssueAsync(wanted, TimeSpan.FromHours(1));

        Assert.Equal(TokenVerifier.Start.AddHours(1), issued.ExpiresAt);
        Assert.Equal(issued.ExpiresAt, OwnTokenId.EndOf(issued.Id));
        var (principal, _) = await verifier.Tokens.VerifyAsync(issued.Token);
        var token = principal!.Token!;
        Assert.Equal(("42", issued.Id, TokenVerifier.Start.AddMilliseconds(123)), (token.User, token.Id, token.IssuedAt));
        Assert.Equal(["orders:1"], token.Channels);
        Assert.Equal([new ChannelCap("chat:*", ChannelActions.Publish)], token.Caps);
        Assert.Equal("""{"name":"Ann"}""", token.Meta);
        Assert.Equal(issued.ExpiresAt.AddSeconds(30), principal.ExpiresAt);
    }

    [Fact]
    public async Task The_application_cannot_sign_as_the_server_nor_as_a_login()
    {
        using var verifier = TokenVerifier.WithSecret();
        var own = TokenVerifier.Claims(",\"iss\":\"notifyhub/client\"");
        var login = TokenVerifier.Claims(",\"iss\":\"notifyhub\",\"role\":\"administrator\",\"ver\":0");

        Assert.Equal(TokenFault.Invalid, await verifier.CodeAsync(Jwt.Hs256(TokenVerifier.Secret, own)));
        var (principal, code) = await verifier.Authentication.AuthenticateAsync(
            Jwt.Hs256(TokenVerifier.Secret, login), asksToObserve: false);
        Assert.Null(principal);
        Assert.Equal(TokenFault.Unauthorized, code);
    }

    [Fact]
    public async Task A_new_key_of_the_grid_is_followed_with_a_call_per_second()
    {
        var grid = new FakeGrid();
        using var one = new TokenVerifier(new GatewayOptions(), grid);
        using var other = new TokenVerifier(new GatewayOptions(), grid);
        var before = await one.Own.IssueAsync(new WantedToken("42", null, null, null), TimeSpan.FromHours(1));
        Assert.Equal(Good, await other.CodeAsync(before.Token));

        grid.TokenKey = [.. Enumerable.Repeat((byte)9, 32)];
        one.Clock.Advance(TimeSpan.FromSeconds(1));
        var after = await one.Own.IssueAsync(new WantedToken("42", null, null, null), TimeSpan.FromHours(1));
        var asked = grid.TokenKeysAsked;
        for (var i = 0; i < 100; i++) Assert.Equal(TokenFault.Invalid, await other.CodeAsync(after.Token));
        Assert.Equal(asked, grid.TokenKeysAsked);
        other.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(Good, await other.CodeAsync(after.Token));
        Assert.Equal(asked + 1, grid.TokenKeysAsked);
    }
}
