using NotifyHub.Gateway.Access;
using NotifyHub.GrainInterfaces;
using Xunit;

namespace NotifyHub.UnitTests.Access;

/// <summary>Who may do what in which channel.</summary>
public sealed class ChannelAccessTests
{
    private static readonly ClientPrincipal Staff = new(7, 0, null, DateTimeOffset.MaxValue);
    private static readonly ClientPrincipal Service = new(null, 0, 3, DateTimeOffset.MaxValue);
    private static readonly ClientPrincipal Nobody = ClientPrincipal.Anonymous;

    private readonly ChannelAccess _access;

    public ChannelAccessTests()
    {
        var namespaces = new Namespaces();
        namespaces.Set(new Dictionary<string, NamespaceOptions>
        {
            ["open"] = new() { Subscribe = SubscribeAccess.Public, Publish = PublishAccess.Token },
            ["chat"] = new() { Subscribe = SubscribeAccess.Token, Publish = PublishAccess.Token },
            ["closed"] = new() { Subscribe = SubscribeAccess.Staff },
            ["user"] = new() { Subscribe = SubscribeAccess.Public, Publish = PublishAccess.Nobody },
        });
        _access = new ChannelAccess(namespaces);
    }

    [Fact]
    public void Everybody_may_listen_to_all_and_to_public_namespaces()
    {
        foreach (var who in (ClientPrincipal[])[Nobody, Staff, Service, User()])
        {
            Assert.True(Reads(who, "all"));
            Assert.True(Reads(who, "open:1"));
            Assert.True(Reads(who, "open:*"));
        }
    }

    [Fact]
    public void Staff_and_keys_may_listen_to_everything_but_publish_nothing()
    {
        foreach (var who in (ClientPrincipal[])[Staff, Service])
        {
            foreach (var channel in (string[])["news", "chat:1", "closed:1", "closed:*", "user:42", "user:*"])
                Assert.True(Reads(who, channel), channel);
            foreach (var channel in (string[])["all", "open:1", "chat:1", "user:42"])
                Assert.False(_access.MayPublish(who, channel), channel);
        }
    }

    [Fact]
    public void Anonymous_clients_get_nothing_that_needs_a_token()
    {
        foreach (var channel in (string[])["news", "chat:1", "chat:*", "closed:1", "user:42", "user:*", "$events", "$x:1"])
        {
            Assert.False(_access.MaySubscribe(Nobody, channel), channel);
            Assert.False(_access.MayReadHistory(Nobody, channel), channel);
            Assert.False(_access.MayPublish(Nobody, channel), channel);
        }

        Assert.False(_access.MayPublish(Nobody, "open:1"));
    }

    [Fact]
    public void Nobody_gets_a_channel_of_the_system()
    {
        var powerful = User(caps: [Cap("*", (ChannelActions)15)]);
        foreach (var who in (ClientPrincipal[])[Nobody, Staff, Service, powerful])
        {
            Assert.False(_access.MaySubscribe(who, "$events"));
            Assert.False(_access.MayReadHistory(who, "$open:1"));
            Assert.False(_access.MayPublish(who, "$events"));
        }
    }

    [Fact]
    public void A_user_has_the_own_channel_and_no_other()
    {
        var user = User();

        Assert.True(Reads(user, "user:42"));
        Assert.False(_access.MayPublish(user, "user:42"));
        foreach (var other in (string[])["user:43", "user:4", "user:42:x", "user:42:*", "user:*"])
            Assert.False(_access.MaySubscribe(user, other), other);
    }

    [Fact]
    public void A_cap_opens_others_own_channels_but_a_star_does_not()
    {
        Assert.False(_access.MaySubscribe(User(caps: [Cap("*", ChannelActions.Subscribe)]), "user:43"));
        Assert.False(_access.MaySubscribe(User(caps: [Cap("*", ChannelActions.Subscribe)]), "user:*"));
        Assert.True(_access.MaySubscribe(User(caps: [Cap("user:43", ChannelActions.Subscribe)]), "user:43"));
        Assert.True(_access.MaySubscribe(User(caps: [Cap("user:*", ChannelActions.Subscribe)]), "user:43"));
        Assert.True(_access.MayPublish(User(caps: [Cap("user:*", ChannelActions.Publish)]), "user:43"));
        Assert.False(_access.MayPublish(User(caps: [Cap("*", ChannelActions.Publish)]), "user:43"));
        Assert.True(_access.MaySubscribe(User(channels: ["user:43"]), "user:43"));
    }

    [Theory]
    [InlineData("chat:7", "chat:7", true)]
    [InlineData("chat:7", "chat:8", false)]
    [InlineData("chat:7", "chat:*", false)]
    [InlineData("chat:*", "chat:7", true)]
    [InlineData("chat:*", "chat:eu:7", true)]
    [InlineData("chat:*", "chat:*", true)]
    [InlineData("chat:*", "chat:eu:*", true)]
    [InlineData("chat:eu:*", "chat:*", false)]
    [InlineData("chat:*", "chat", false)]
    [InlineData("chat:*", "chatter:1", false)]
    [InlineData("*", "news", true)]
    [InlineData("*", "chat:*", true)]
    [InlineData("CHAT:7", "chat:7", false)]
    public void A_match_covers_names_and_narrower_patterns(string match, string wanted, bool expected) =>
        Assert.Equal(expected, _access.MaySubscribe(User(caps: [Cap(match, ChannelActions.Subscribe)]), wanted));

    [Fact]
    public void The_channels_of_a_token_imply_subscribe_and_history_alone()
    {
        var user = User(channels: ["chat:*", "news"]);

        Assert.True(Reads(user, "chat:7"));
        Assert.True(Reads(user, "news"));
        Assert.False(_access.MayPublish(user, "chat:7"));
        Assert.False(_access.MaySubscribe(user, "other:1"));
    }

    [Fact]
    public void Each_action_needs_its_own_word()
    {
        var listener = User(caps: [Cap("chat:*", ChannelActions.Subscribe)]);
        var historian = User(caps: [Cap("chat:*", ChannelActions.History)]);
        var speaker = User(caps: [Cap("chat:*", ChannelActions.Publish)]);

        Assert.True(_access.MaySubscribe(listener, "chat:7") && !_access.MayReadHistory(listener, "chat:7"));
        Assert.True(!_access.MaySubscribe(historian, "chat:7") && _access.MayReadHistory(historian, "chat:7"));
        Assert.True(_access.MayPublish(speaker, "chat:7") && !_access.MaySubscribe(speaker, "chat:7"));
    }

    [Fact]
    public void The_namespace_is_the_ceiling()
    {
        var user = User(channels: ["closed:*"], caps: [Cap("*", (ChannelActions)15)]);

        Assert.False(_access.MaySubscribe(user, "closed:1"));
        Assert.False(_access.MayReadHistory(user, "closed:1"));
        Assert.False(_access.MayPublish(user, "closed:1"));
        // By default nobody publishes by socket.
        Assert.False(_access.MayPublish(user, "news"));
        Assert.True(_access.MayPublish(user, "open:1"));
        Assert.False(_access.MayPublish(User(), "open:1"));
        Assert.False(_access.MayPublish(user, "all"));
    }

    private bool Reads(ClientPrincipal who, string channel) =>
        _access.MaySubscribe(who, channel) && _access.MayReadHistory(who, channel);

    private static ChannelCap Cap(string match, ChannelActions actions) => new(match, actions);

    private static ClientPrincipal User(string[]? channels = null, ChannelCap[]? caps = null) => new(
        null, 0, null, DateTimeOffset.MaxValue,
        Token: new ClientToken("42", DateTimeOffset.UnixEpoch, null, channels ?? [], caps ?? [], null));
}
