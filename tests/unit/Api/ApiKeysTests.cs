using System.Net;
using NotifyHub.Gateway.Access;
using NotifyHub.GrainInterfaces;
using Xunit;

namespace NotifyHub.UnitTests.Api;

/// <summary>The cache of API keys, and how often the grid is called.</summary>
public sealed class ApiKeysTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly FakeGrid _grid = new();
    private readonly TestClock _clock = new();
    private readonly ApiKeys _keys;

    public ApiKeysTests()
    {
        _clock.Advance(TimeSpan.Zero);
        _keys = new ApiKeys(_grid.Factory(), _clock);
    }

    [Fact]
    public async Task Ten_thousand_lookups_of_a_key_cause_one_grid_call_per_second()
    {
        var held = new TaskCompletionSource();
        _grid.KeysHeld = held.Task;
        var found = Enumerable.Range(0, 10_000).Select(_ => FindAsync()).ToArray();
        Assert.Equal(1, _grid.KeysAsked);
        held.SetResult();
        Assert.All(await Task.WhenAll(found), key => Assert.Equal(3, key!.Id));

        _clock.Advance(Second - TimeSpan.FromMilliseconds(1));
        await FindAsync();
        Assert.Equal(1, _grid.KeysAsked);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        await FindAsync();
        Assert.Equal(2, _grid.KeysAsked);
    }

    [Fact]
    public async Task Unknown_secrets_are_cached_too_and_impossible_ones_not_checked()
    {
        for (var i = 0; i < 3; i++) Assert.Null(await FindAsync("nh_other"));
        Assert.Equal(1, _grid.KeysAsked);

        Assert.Null(await FindAsync(""));
        Assert.Null(await FindAsync(new string('x', 257)));
        Assert.Equal(1, _grid.KeysAsked);
    }

    [Fact]
    public async Task Each_secret_is_its_own()
    {
        Assert.Equal(3, (await FindAsync())!.Id);
        Assert.Equal(4, (await FindAsync(FakeGrid.PublishKeySecret))!.Id);
        Assert.Equal(5, (await FindAsync(FakeGrid.ReadKeySecret))!.Id);
        Assert.Null(await FindAsync(FakeGrid.ApiKeySecret + "x"));
        Assert.Equal(4, _grid.KeysAsked);
    }

    [Fact]
    public async Task A_key_revoked_here_ends_at_once_and_the_others_are_not_asked_for_again()
    {
        await FindAsync();
        await FindAsync(FakeGrid.ReadKeySecret);

        await _keys.RevokeAsync(3);

        Assert.Null(await FindAsync());
        Assert.NotNull(await FindAsync(FakeGrid.ReadKeySecret));
        Assert.Equal(3, _grid.KeysAsked);
    }

    [Fact]
    public async Task A_key_revoked_while_it_is_being_looked_up_is_not_kept()
    {
        var held = new TaskCompletionSource();
        _grid.KeysHeld = held.Task;
        var before = FindAsync();

        await _keys.RevokeAsync(3);

        held.SetResult();
        Assert.NotNull(await before);
        Assert.Null(await FindAsync());
    }

    [Fact]
    public async Task A_key_revoked_elsewhere_ends_within_a_second()
    {
        await FindAsync();
        _grid.RevokedKeys.Add(3);
        Assert.NotNull(await FindAsync());

        _clock.Advance(Second);
        Assert.Null(await FindAsync());
    }

    [Fact]
    public async Task An_unanswered_revocation_clears_the_cached_key()
    {
        await FindAsync();
        _grid.Fault = new TimeoutException();
        await Assert.ThrowsAsync<TimeoutException>(() => _keys.RevokeAsync(3));
        _grid.Fault = null;
        _grid.RevokedKeys.Add(3);

        Assert.Null(await FindAsync());
    }

    [Fact]
    public async Task A_failure_is_returned_and_not_cached()
    {
        _grid.Fault = new StorageUnavailableException();
        await Assert.ThrowsAsync<StorageUnavailableException>(() => FindAsync());
        _grid.Fault = null;

        Assert.NotNull(await FindAsync());
    }

    [Fact]
    public async Task A_call_that_is_lost_is_made_a_second_time()
    {
        _grid.Fault = new TimeoutException();
        await Assert.ThrowsAsync<TimeoutException>(() => FindAsync());
        Assert.Equal(0, _grid.KeysAsked);
        _grid.FaultsLeft = 1;

        Assert.NotNull(await FindAsync());
    }

    [Fact]
    public async Task A_cancelled_caller_does_not_cancel_others()
    {
        var held = new TaskCompletionSource();
        _grid.KeysHeld = held.Task;
        using var cancelled = new CancellationTokenSource();
        var (first, second) = (_keys.FindAsync(FakeGrid.ApiKeySecret, cancelled.Token), FindAsync());

        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        held.SetResult();
        Assert.NotNull(await second);
        Assert.Equal(1, _grid.KeysAsked);
    }

    [Fact]
    public async Task However_many_secrets_are_tried_a_good_key_is_found()
    {
        for (var i = 0; i < 25_000; i++) Assert.Null(await FindAsync($"guess {i}"));

        Assert.NotNull(await FindAsync());
        Assert.Equal(25_001, _grid.KeysAsked);
    }

    [Fact]
    public async Task A_key_is_checked_once_per_second_and_revoked_immediately()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();
        server.Clock.Advance(TimeSpan.Zero);
        (string, string) key = ("X-API-Key", FakeGrid.ApiKeySecret);
        for (var i = 0; i < 20; i++)
            Assert.Equal(HttpStatusCode.OK, (await server.PostAsync("/api/push", "{}", headers: key)).Status);
        Assert.Equal(1, server.Grid.KeysAsked);

        await server.SendAsync(HttpMethod.Delete, "/api/keys/3", token: token);
        Assert.Equal("UNAUTHORIZED", (await server.PostAsync("/api/push", "{}", headers: key)).Code);
        Assert.Equal(2, server.Grid.KeysAsked);
    }

    private Task<ApiKey?> FindAsync(string secret = FakeGrid.ApiKeySecret) => _keys.FindAsync(secret, CancellationToken.None);
}
