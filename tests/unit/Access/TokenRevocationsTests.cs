using NotifyHub.Gateway.Access;
using NotifyHub.GrainInterfaces;
using NotifyHub.UnitTests.Api;
using Xunit;

namespace NotifyHub.UnitTests.Access;

/// <summary>A gateway's copy of the revocations.</summary>
public sealed class TokenRevocationsTests : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly TokenVerifier _verifier = TokenVerifier.WithSecret();

    private FakeGrid Grid => _verifier.Grid;

    private TokenRevocations Revocations => _verifier.Revocations;

    [Fact]
    public async Task A_token_is_refused_once_its_id_is_revoked()
    {
        var token = Signed(",\"jti\":\"t1\"");
        var other = Signed(",\"jti\":\"t2\"");
        Assert.Equal("good", await _verifier.CodeAsync(token));

        Assert.True(await Revocations.RevokeAsync(TokenSubject.OfToken("t1")));

        Assert.Equal(TokenFault.Invalid, await _verifier.CodeAsync(token));
        Assert.Equal("good", await _verifier.CodeAsync(other));
        Assert.Equal("good", await _verifier.CodeAsync(Signed("")));
    }

    [Fact]
    public async Task A_users_tokens_from_before_are_refused_and_later_ones_good()
    {
        Grid.RevokesAt = TokenVerifier.Start.AddMilliseconds(500);
        await Revocations.RevokeAsync(TokenSubject.OfUser("42"));

        Assert.Equal(TokenFault.Invalid, await _verifier.CodeAsync(Signed("")));
        Assert.Equal("good", await _verifier.CodeAsync(Signed("", 1)));
        var other = TokenVerifier.Claims().Replace("\"42\"", "\"43\"", StringComparison.Ordinal);
        Assert.Equal("good", await _verifier.CodeAsync(Jwt.Hs256(TokenVerifier.Secret, other)));
    }

    [Fact]
    public async Task A_token_issued_right_after_a_revocation_is_good_despite_other_clocks()
    {
        // The silo's clock is ahead of this gateway's.
        Grid.RevokesAt = TokenVerifier.Start.AddSeconds(3);
        var before = await IssueAsync();
        await Revocations.RevokeAsync(TokenSubject.OfUser("42"));
        var after = await IssueAsync();

        Assert.Equal(TokenFault.Invalid, await _verifier.CodeAsync(before));
        Assert.Equal("good", await _verifier.CodeAsync(after));

        async Task<string> IssueAsync() =>
            (await _verifier.Own.IssueAsync(new WantedToken("42", null, null, null), TimeSpan.FromHours(1))).Token;
    }

    [Fact]
    public async Task The_list_is_read_once_per_second_however_many_tokens_come()
    {
        var token = Signed("");
        for (var i = 0; i < 1000; i++) await _verifier.CodeAsync(token);
        Assert.Equal(1, Grid.RevocationsAsked);

        _verifier.Clock.Advance(Second);
        for (var i = 0; i < 1000; i++) await _verifier.CodeAsync(token);
        Assert.Equal(2, Grid.RevocationsAsked);
    }

    [Fact]
    public async Task A_long_list_is_read_piece_by_piece()
    {
        for (var i = 0; i < 25; i++) Grid.Revoke(TokenSubject.OfToken($"t{i}"));
        Grid.RevocationsPerPage = 10;

        Assert.Equal(TokenFault.Invalid, await _verifier.CodeAsync(Signed(",\"jti\":\"t24\"")));
        Assert.Equal(3, Grid.RevocationsAsked);
        // Nobody was connected before: there is nobody to look for.
        Assert.False(Revocations.HasNew);
    }

    [Fact]
    public async Task New_revocations_are_looked_for_among_the_clients_for_a_minute()
    {
        await Revocations.ReadAsync();
        Grid.Revoke(TokenSubject.OfUser("42"));
        _verifier.Clock.Advance(Second);
        await Revocations.ReadAsync();

        Assert.True(Revocations.HasNew);
        Assert.True(Revocations.IsNewlyRevoked(Of("42")));
        Assert.False(Revocations.IsNewlyRevoked(Of("43")));
        _verifier.Clock.Advance(TimeSpan.FromMinutes(1));
        await Revocations.ReadAsync();
        Assert.False(Revocations.HasNew);
        Assert.True(Revocations.IsRevoked(Of("42")));
    }

    [Fact]
    public async Task After_the_database_was_restored_the_list_is_read_anew()
    {
        Grid.Revoke(TokenSubject.OfToken("old"));
        Grid.Revoke(TokenSubject.OfToken("older"));
        await Revocations.ReadAsync();
        Grid.TokenRevocations.Clear();
        Grid.Revoke(TokenSubject.OfToken("new"));
        _verifier.Clock.Advance(Second);
        await Revocations.ReadAsync();

        foreach (var id in (string[])["old", "older", "new"]) Assert.True(Revocations.IsRevoked(Of("42", id)), id);
    }

    [Fact]
    public async Task While_the_grid_does_not_answer_no_token_is_taken_for_good()
    {
        var token = Signed("");
        Assert.Equal("good", await _verifier.CodeAsync(token));
        Grid.Fault = new StorageUnavailableException("gone");
        _verifier.Clock.Advance(Second);

        await Assert.ThrowsAsync<StorageUnavailableException>(() => _verifier.CodeAsync(token));
        // Forged ones need no grid.
        Assert.Equal(TokenFault.Invalid, await _verifier.CodeAsync(token[..^2]));
    }

    [Fact]
    public async Task A_revocation_is_kept_until_no_token_under_it_can_be_good()
    {
        var own = await _verifier.Own.IssueAsync(new WantedToken("42", null, null, null), TimeSpan.FromHours(1));
        await Revocations.RevokeAsync(TokenSubject.OfToken(own.Id));
        await Revocations.RevokeAsync(TokenSubject.OfToken("external"));
        await Revocations.RevokeAsync(TokenSubject.OfUser("42"));

        var year = TokenVerifier.Start + ClientTokenRules.MaxAge + TimeSpan.FromMinutes(1);
        Assert.Equal(
            [own.ExpiresAt.AddMinutes(1), year, year], Grid.TokenRevocations.Select(revocation => revocation.ExpiresAt));
    }

    public void Dispose() => _verifier.Dispose();

    private static string Signed(string more, long issued = 0) =>
        Jwt.Hs256(TokenVerifier.Secret, TokenVerifier.Claims(more, issued));

    private static ClientToken Of(string user, string? id = null) => new(user, DateTimeOffset.UnixEpoch, id, [], [], null);
}
