using NotifyHub.GrainInterfaces;
using NotifyHub.TestKit;

namespace NotifyHub.GrainTests;

public class AccountTests
{
    private const string Administrator = "admin@notifyhub.com";
    private const string Password = "admin123";

    [Fact]
    public async Task The_first_administrator_signs_in_whatever_the_case_of_the_address()
    {
        await using var cluster = await GrainCluster.StartAsync();

        var answer = await SignInAsync(cluster, " Admin@NotifyHub.com ", Password);

        Assert.Null(answer.RetryAfter);
        Assert.Equal((Administrator, Roles.Administrator), (answer.User?.Email, answer.User?.Role));
    }

    [Theory]
    [InlineData(Administrator)]
    [InlineData("nobody@example.com")]
    [InlineData("no\0body")]
    public async Task Known_and_unknown_addresses_are_refused_and_locked_alike(string email)
    {
        await using var cluster = await GrainCluster.StartAsync(configure: options => options.SignInAttempts = 3);

        Assert.Equal(new SignIn(null, null), await SignInAsync(cluster, email, "wrong"));
        Assert.Equal(new SignIn(null, null), await SignInAsync(cluster, email, "wrong"));
        Assert.Equal(new SignIn(null, TimeSpan.FromMinutes(1)), await SignInAsync(cluster, email, "wrong"));

        var locked = await SignInAsync(cluster, email, Password);
        Assert.Null(locked.User);
        Assert.InRange(locked.RetryAfter!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task Who_guesses_locks_out_their_own_network_and_no_other()
    {
        await using var cluster = await GrainCluster.StartAsync(configure: options => options.SignInAttempts = 3);

        for (var guess = 0; guess < 3; guess++) await SignInAsync(cluster, Administrator, "wrong", "198.51.100.66");

        Assert.NotNull((await SignInAsync(cluster, Administrator, Password, "198.51.100.66")).RetryAfter);
        Assert.NotNull((await SignInAsync(cluster, Administrator, Password, "10.0.0.7")).User);
    }

    [Fact]
    public async Task Guesses_from_many_networks_lock_all_but_recently_used_ones()
    {
        await using var cluster = await GrainCluster.StartAsync(configure: options => options.SignInAttempts = 2);
        Assert.NotNull((await SignInAsync(cluster, Administrator, Password, "10.0.0.7")).User);

        // All at once: each of them is the first of its network.
        var answers = await Task.WhenAll(Enumerable.Range(1, 60).Select(host =>
            SignInAsync(cluster, Administrator, $"guess {host}", $"198.51.100.{host}")));

        Assert.Equal(20, answers.Count(answer => answer.RetryAfter is null));
        var stranger = await SignInAsync(cluster, Administrator, Password, "203.0.113.5");
        Assert.Null(stranger.User);
        Assert.InRange(stranger.RetryAfter!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
        Assert.NotNull((await SignInAsync(cluster, Administrator, Password, "10.0.0.7")).User);
        // Nor does a slip of the owner's lock them out there at once.
        Assert.Equal(new SignIn(null, null), await SignInAsync(cluster, Administrator, "slip", "10.0.0.7"));
        Assert.NotNull((await SignInAsync(cluster, Administrator, Password, "10.0.0.7")).User);
    }

    [Fact]
    public async Task An_unknown_account_is_guarded_like_a_known_one()
    {
        await using var cluster = await GrainCluster.StartAsync(configure: options => options.SignInAttempts = 2);

        var answers = await Task.WhenAll(Enumerable.Range(1, 60).Select(host =>
            SignInAsync(cluster, "nobody@example.com", "guess", $"198.51.100.{host}")));

        Assert.Equal(20, answers.Count(answer => answer.RetryAfter is null));
    }

    [Fact]
    public async Task The_right_password_forgets_the_failures_before_it()
    {
        await using var cluster = await GrainCluster.StartAsync(configure: options => options.SignInAttempts = 2);

        for (var round = 0; round < 3; round++)
        {
            Assert.Equal(new SignIn(null, null), await SignInAsync(cluster, Administrator, "wrong"));
            Assert.NotNull((await SignInAsync(cluster, Administrator, Password)).User);
        }
    }

    [Fact]
    public async Task A_crowd_of_guesses_at_once_meets_the_same_limit()
    {
        await using var cluster = await GrainCluster.StartAsync(configure: options => options.SignInAttempts = 3);

        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(guess =>
            SignInAsync(cluster, Administrator, $"guess {guess}")));

        Assert.Equal(2, answers.Count(answer => answer.RetryAfter is null));
        Assert.Null((await SignInAsync(cluster, Administrator, Password)).User);
    }

    [Fact]
    public async Task Unknown_addresses_activate_a_bounded_number_of_grains()
    {
        await using var cluster = await GrainCluster.StartAsync(configure: options => options.SignInAttempts = 1);

        var answers = await Task.WhenAll(Enumerable.Range(0, 600).Select(number =>
            SignInAsync(cluster, $"{number}@example.com", "guess")));

        Assert.All(answers, answer => Assert.NotNull(answer.RetryAfter));
        var management = cluster.Grains.GetGrain<IManagementGrain>(0);
        var statistics = await management.GetDetailedGrainStatistics(null, null, TestContext.Current.CancellationToken);
        Assert.InRange(statistics.Count(one => one.GrainType.Contains("UserGrain", StringComparison.Ordinal)), 1, 256);
    }

    [Fact]
    public async Task A_flood_of_logins_from_everywhere_keeps_no_known_network_out()
    {
        await using var cluster = await GrainCluster.StartAsync();
        Assert.NotNull((await SignInAsync(cluster, Administrator, Password, "10.0.0.7")).User);

        var flood = Enumerable.Range(0, 600)
            .Select(number =>
                SignInAsync(cluster, $"{number}@example.com", "guess", $"198.51.{number / 250}.{number % 250}"))
            .ToList();
        Assert.NotNull((await SignInAsync(cluster, Administrator, Password, "10.0.0.7")).User);

        // The others get a retry time, instead of waiting too long.
        var answers = await Task.WhenAll(flood);
        Assert.All(answers, answer => Assert.Null(answer.User));
        Assert.Contains(answers, answer => answer.RetryAfter == TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task The_audit_log_has_logins_and_sums_of_failed_ones()
    {
        await using var cluster = await GrainCluster.StartAsync(configure: options => options.SignInAttempts = 3);
        var audit = cluster.Grains.GetGrain<IAuditGrain>(GrainKeys.Only);

        await SignInAsync(cluster, Administrator, Password, "10.0.0.7");
        for (var guess = 0; guess < 6; guess++) await SignInAsync(cluster, Administrator, "wrong", "198.51.100.66");
        await SignInAsync(cluster, "hunter2", "wrong", "198.51.100.66");

        AuditEntry[] failed = [];
        await Until.TrueAsync(
            async () => (failed = await EntriesAsync("login.failed")).Sum(entry => entry.Times) == 7,
            () => string.Join(", ", failed.AsEnumerable()));
        Assert.All(failed, entry => Assert.Equal(("198.51.100.66", AuditOutcome.Refused), (entry.Address, entry.Outcome)));
        // Each once, unless a minute ended in between.
        Assert.Equal(
            [("-", 1), (Administrator, 6)],
            failed.GroupBy(entry => entry.Who).Select(group => (group.Key, group.Sum(entry => entry.Times))).Order());
        var success = Assert.Single(await EntriesAsync("login"), entry => entry.Act == "login");
        Assert.Equal((Administrator, "10.0.0.7", AuditOutcome.Done), (success.Who, success.Address, success.Outcome));

        async Task<AuditEntry[]> EntriesAsync(string act) =>
        [
            .. (await audit.ListAsync(new AuditQuery(null, null, null, act, null, 1, 50))).Entries
                .Select(stored => stored.Entry),
        ];
    }

    [Fact]
    public async Task Two_silos_that_start_at_once_make_one_administrator()
    {
        await using var cluster = await GrainCluster.StartAsync(silos: 2);

        Assert.NotNull((await SignInAsync(cluster, Administrator, Password)).User);
    }

    [Fact]
    public async Task The_default_password_is_reported_until_changed_and_then_refused()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var accounts = Accounts(cluster);
        var before = (await SignInAsync(cluster, Administrator, Password)).User!;
        Assert.True(before.HasDefaultPassword);
        Assert.True(await accounts.HasDefaultPasswordAsync());

        Assert.Equal(new SignIn(null, null), await ChangePasswordAsync(cluster, "wrong", "correct horse"));
        var after = (await ChangePasswordAsync(cluster, Password, "correct horse")).User!;

        Assert.Equal((before.TokenVersion + 1, false), (after.TokenVersion, after.HasDefaultPassword));
        Assert.False(await accounts.HasDefaultPasswordAsync());
        Assert.Null((await SignInAsync(cluster, Administrator, Password)).User);
        Assert.Equal(after.TokenVersion, (await SignInAsync(cluster, Administrator, "correct horse")).User?.TokenVersion);
        Assert.NotNull((await accounts.GetAsync(after.Id))?.LastLoginAt);
    }

    [Fact]
    public async Task A_disabled_user_is_refused_until_enabled_again()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var accounts = Accounts(cluster);
        var ann = (await accounts.CreateAsync(" Ann@Example.com", "Ann", Roles.Operator, "correct horse"))!;
        Assert.Null(await accounts.CreateAsync("ann@example.com", "Ann", Roles.Viewer, "correct horse"));
        var role = (await SignInAsync(cluster, "ann@example.com", "correct horse")).User?.Role;
        Assert.Equal((Roles.Operator, 0), (role, ann.TokenVersion));

        await accounts.ChangeAsync(ann.Id, null, null, true);
        Assert.Equal(new SignIn(null, null), await SignInAsync(cluster, "ann@example.com", "correct horse"));
        Assert.Null(await accounts.TokenVersionAsync(ann.Id));

        await accounts.ChangeAsync(ann.Id, null, null, false);
        Assert.Equal(2, (await SignInAsync(cluster, "ann@example.com", "correct horse")).User?.TokenVersion);
        await accounts.SetPasswordAsync(ann.Id, "battery staple");
        Assert.Null((await SignInAsync(cluster, "ann@example.com", "correct horse")).User);
    }

    [Fact]
    public async Task An_api_key_is_seen_once_works_until_revoked_and_notes_its_use()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var keys = cluster.Grains.GetGrain<IApiKeyGrain>(GrainKeys.Only);

        var made = await keys.CreateAsync("billing", Administrator, null);
        var other = await keys.CreateAsync("shop", Administrator, [KeyScopes.Read]);

        Assert.StartsWith("nh_", made.Secret, StringComparison.Ordinal);
        Assert.Equal(3 + 43, made.Secret.Length);
        Assert.StartsWith(made.Key.Prefix, made.Secret, StringComparison.Ordinal);
        Assert.Equal("billing", (await keys.AuthenticateAsync(made.Secret))?.Name);
        Assert.Null(await keys.AuthenticateAsync(made.Secret[..^1]));

        var listed = await keys.ListAsync();
        Assert.Equal([other.Key.Id, made.Key.Id], listed.Select(key => key.Id));
        Assert.Equal([KeyScopes.Read], listed[0].Scopes!);
        Assert.Equal(KeyScopes.Default, (await keys.AuthenticateAsync(made.Secret))!.Scopes!);
        Assert.NotNull(listed[1].LastUsedAt);
        Assert.Null(listed[0].LastUsedAt);

        Assert.True(await keys.RevokeAsync(made.Key.Id));
        Assert.False(await keys.RevokeAsync(made.Key.Id));
        Assert.False(await keys.RevokeAsync(long.MaxValue));
        Assert.Null(await keys.AuthenticateAsync(made.Secret));
        Assert.NotNull(await keys.AuthenticateAsync(other.Secret));
    }

    private static IAccountGrain Accounts(GrainCluster cluster) => cluster.Grains.GetGrain<IAccountGrain>(GrainKeys.Only);

    private static Task<SignIn> SignInAsync(GrainCluster cluster, string email, string password, string from = "127.0.0.1") =>
        cluster.Grains.GetGrain<IUserGrain>(GrainKeys.User(email))
            .SignInAsync(email, password, new ClientAddress(from, from, IsThisMachine: true));

    private static Task<SignIn> ChangePasswordAsync(GrainCluster cluster, string current, string next) =>
        cluster.Grains.GetGrain<IUserGrain>(GrainKeys.User(Administrator)).ChangePasswordAsync(
            Administrator, current, next, new ClientAddress("127.0.0.1", "127.0.0.1", IsThisMachine: true));
}
