using NotifyHub.GrainInterfaces;

namespace NotifyHub.GrainTests;

public class AccountTests
{
    private const string Administrator = "admin@notifyhub.com";
    private const string Password = "admin123";

    [Fact]
    public async Task The_first_administrator_signs_in_whatever_the_case_of_the_address()
    {
        await using var cluster = await GrainCluster.StartAsync();

        var answer = await User(cluster, " Admin@NotifyHub.com ").SignInAsync(Password);

        Assert.Null(answer.RetryAfter);
        Assert.Equal((Administrator, Roles.Administrator), (answer.User?.Email, answer.User?.Role));
    }

    [Theory]
    [InlineData(Administrator)]
    [InlineData("nobody@example.com")]
    [InlineData("no\0body")]
    public async Task Known_or_not_an_address_is_refused_alike_and_locked_after_as_many_failures(string email)
    {
        await using var cluster = await GrainCluster.StartAsync(configure: options => options.SignInAttempts = 3);
        var user = User(cluster, email);

        Assert.Equal(new SignIn(null, null), await user.SignInAsync("wrong"));
        Assert.Equal(new SignIn(null, null), await user.SignInAsync("wrong"));
        Assert.Equal(new SignIn(null, TimeSpan.FromMinutes(1)), await user.SignInAsync("wrong"));

        var locked = await user.SignInAsync(Password);
        Assert.Null(locked.User);
        Assert.InRange(locked.RetryAfter!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task The_right_password_forgets_the_failures_before_it()
    {
        await using var cluster = await GrainCluster.StartAsync(configure: options => options.SignInAttempts = 2);
        var user = User(cluster, Administrator);

        for (var round = 0; round < 3; round++)
        {
            Assert.Equal(new SignIn(null, null), await user.SignInAsync("wrong"));
            Assert.NotNull((await user.SignInAsync(Password)).User);
        }
    }

    [Fact]
    public async Task A_crowd_of_guesses_at_once_meets_the_same_limit()
    {
        await using var cluster = await GrainCluster.StartAsync(configure: options => options.SignInAttempts = 3);
        var user = User(cluster, Administrator);

        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(guess => user.SignInAsync($"guess {guess}")));

        Assert.Equal(2, answers.Count(answer => answer.RetryAfter is null));
        Assert.Null((await user.SignInAsync(Password)).User);
    }

    [Fact]
    public async Task Two_silos_that_start_at_once_make_one_administrator()
    {
        await using var cluster = await GrainCluster.StartAsync(silos: 2);

        Assert.NotNull((await User(cluster, Administrator).SignInAsync(Password)).User);
    }

    [Fact]
    public async Task The_default_password_is_told_until_it_is_changed_and_the_old_one_is_then_refused()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var (user, accounts) = (User(cluster, Administrator), Accounts(cluster));
        var before = (await user.SignInAsync(Password)).User!;
        Assert.True(before.HasDefaultPassword);
        Assert.True(await accounts.HasDefaultPasswordAsync());

        Assert.Equal(new SignIn(null, null), await user.ChangePasswordAsync("wrong", "correct horse"));
        var after = (await user.ChangePasswordAsync(Password, "correct horse")).User!;

        Assert.Equal((before.TokenVersion + 1, false), (after.TokenVersion, after.HasDefaultPassword));
        Assert.False(await accounts.HasDefaultPasswordAsync());
        Assert.Null((await user.SignInAsync(Password)).User);
        Assert.Equal(after.TokenVersion, (await user.SignInAsync("correct horse")).User?.TokenVersion);
        Assert.NotNull((await accounts.GetAsync(after.Id))?.LastLoginAt);
    }

    [Fact]
    public async Task A_disabled_user_is_refused_like_anybody_and_one_who_is_enabled_again_comes_back()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var accounts = Accounts(cluster);
        var ann = (await accounts.CreateAsync(" Ann@Example.com", "Ann", Roles.Operator, "correct horse"))!;
        Assert.Null(await accounts.CreateAsync("ann@example.com", "Ann", Roles.Viewer, "correct horse"));
        Assert.Equal((Roles.Operator, 0), ((await User(cluster, "ann@example.com").SignInAsync("correct horse")).User?.Role, ann.TokenVersion));

        await accounts.ChangeAsync(ann.Id, null, null, true);
        Assert.Equal(new SignIn(null, null), await User(cluster, "ann@example.com").SignInAsync("correct horse"));
        Assert.Null(await accounts.TokenVersionAsync(ann.Id));

        await accounts.ChangeAsync(ann.Id, null, null, false);
        Assert.Equal(2, (await User(cluster, "ann@example.com").SignInAsync("correct horse")).User?.TokenVersion);
        await accounts.SetPasswordAsync(ann.Id, "battery staple");
        Assert.Null((await User(cluster, "ann@example.com").SignInAsync("correct horse")).User);
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
        Assert.Equal(KeyScopes.All, (await keys.AuthenticateAsync(made.Secret))!.Scopes!);
        Assert.NotNull(listed[1].LastUsedAt);
        Assert.Null(listed[0].LastUsedAt);

        Assert.True(await keys.RevokeAsync(made.Key.Id));
        Assert.False(await keys.RevokeAsync(made.Key.Id));
        Assert.False(await keys.RevokeAsync(long.MaxValue));
        Assert.Null(await keys.AuthenticateAsync(made.Secret));
        Assert.NotNull(await keys.AuthenticateAsync(other.Secret));
    }

    private static IAccountGrain Accounts(GrainCluster cluster) => cluster.Grains.GetGrain<IAccountGrain>(GrainKeys.Only);

    private static IUserGrain User(GrainCluster cluster, string email) => cluster.Grains.GetGrain<IUserGrain>(GrainKeys.User(email));
}
