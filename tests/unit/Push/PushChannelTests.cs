using System.Text;
using NotifyHub.GrainInterfaces;
using Xunit;

namespace NotifyHub.UnitTests.Push;

/// <summary>Lines <c>CHANNEL name</c> on the push port.</summary>
public sealed class PushChannelTests
{
    [Fact]
    public async Task Lines_go_to_the_channel_that_was_chosen()
    {
        await using var wire = Wire();

        var answers = await TalkAsync(wire, "{\"n\":1}\nCHANNEL orders:42\n{\"n\":2}\n{\"n\":3}\nCHANNEL all\n{\"n\":4}\n");

        Assert.Equal(Enumerable.Repeat("ok", 6), answers);
        Assert.Equal([("all", 1), ("all", 4), ("orders:42", 2), ("orders:42", 3)], Published(wire));
    }

    [Fact]
    public async Task The_first_line_may_choose()
    {
        await using var wire = Wire();

        Assert.Equal(["ok", "ok"], await TalkAsync(wire, "CHANNEL news\r\n{\"n\":1}\r\n"));

        Assert.Equal([("news", 1)], Published(wire));
    }

    [Theory]
    [InlineData("CHANNEL", "error: not a channel's name")]
    [InlineData("CHANNEL orders:*", "error: not a channel's name")]
    [InlineData("CHANNEL a b", "error: not a channel's name")]
    [InlineData("CHANNEL $events", "error: this channel is the system's")]
    public async Task After_a_refused_choice_nothing_is_published(string choice, string answer)
    {
        await using var wire = Wire();

        var answers = await TalkAsync(wire, $"CHANNEL a\n{choice}\n{{\"n\":1}}\nnonsense\nCHANNEL b\n{{\"n\":2}}\n");

        Assert.Equal(["ok", answer, "error: no channel", "error: no channel", "ok", "ok"], answers);
        Assert.Equal([("b", 2)], Published(wire));
    }

    [Theory]
    [InlineData("CHANNEL /api HTTP/1.1\r\n\r\n{\"n\":1}\n")]
    [InlineData("CHANNELS\n{\"n\":1}\n")]
    [InlineData("channel a\n{\"n\":1}\n")]
    public async Task Another_protocol_is_still_refused(string text)
    {
        await using var wire = Wire();
        await wire.SendAsync(text);

        Assert.StartsWith("error: ", await wire.EndedAsync(), StringComparison.Ordinal);
        Assert.Empty(wire.Published);
    }

    [Fact]
    public async Task The_key_comes_first()
    {
        await using var wire = new PushWire(options => options.PushKey = "secret");
        wire.Logs.SetCount(4);

        Assert.Equal(["ok", "ok", "ok"], await TalkAsync(wire, "AUTH secret\nCHANNEL a\n{\"n\":1}\n"));

        Assert.Equal([("a", 1)], Published(wire));
    }

    [Fact]
    public async Task Options_of_the_namespace_hold_for_lines()
    {
        await using var wire = Wire();
        wire.Namespaces.Set(new Dictionary<string, NamespaceOptions>
        {
            ["a"] = new(Retention: Retention.None, MessageBytes: 8, PublishesPerSecond: 5),
        });

        var answers = await TalkAsync(wire, "CHANNEL a:1\n{\"n\":1}\n{\"n\":12345}\n");

        Assert.Equal(["ok", "ok", "error: longer than the 8 bytes of this channel's messages"], answers);
        var target = Assert.Single(wire.Batches.SelectMany(batch => batch.Drafts)).Target!;
        Assert.Equal(("a:1", Retention.None, 5), (target.Channel, target.Retention, target.MaxPerSecond));
    }

    [Fact]
    public async Task Lines_beyond_the_limit_per_second_fail_alone()
    {
        var left = 3;
        await using var wire = new PushWire(publishing: batch =>
        {
            if (batch.Drafts[0].Target is null) return Task.CompletedTask;
            if (batch.Drafts.Length > left)
                return Task.FromException(new ChannelRateException("a", TimeSpan.FromSeconds(1)));
            left -= batch.Drafts.Length;
            return Task.CompletedTask;
        });
        wire.Logs.SetCount(4);

        var answers = await TalkAsync(wire, "{\"n\":0}\nCHANNEL a\n" + string.Concat(Enumerable.Repeat("{\"n\":1}\n", 6)));

        Assert.Equal(["ok", "ok", "ok", "ok", "ok", .. Enumerable.Repeat("error: rate limited, try again", 3)], answers);
    }

    [Fact]
    public async Task A_log_that_fails_refuses_only_its_lines()
    {
        await using var wire = new PushWire(publishing: batch =>
            batch.Drafts[0].Target?.Channel is { } channel && ChannelName.LogOf(channel, 4) == ChannelName.LogOf("c:0", 4)
                ? Task.FromException(new StorageUnavailableException())
                : Task.CompletedTask);
        wire.Logs.SetCount(4);
        string[] channels = [.. Enumerable.Range(0, 20).Select(n => $"c:{n}")];

        var answers = await TalkAsync(wire, string.Concat(channels.Select(channel => $"CHANNEL {channel}\n{{\"n\":1}}\n")));

        Assert.Equal(
            channels.SelectMany(channel => new[]
            {
                "ok",
                ChannelName.LogOf(channel, 4) == ChannelName.LogOf("c:0", 4) ? "error: storage unavailable, try again" : "ok",
            }),
            answers);
    }

    private static PushWire Wire()
    {
        var wire = new PushWire();
        wire.Logs.SetCount(4);
        return wire;
    }

    private static async Task<string[]> TalkAsync(PushWire wire, string text)
    {
        await wire.SendAsync(text);
        await wire.EndAsync();
        return (await wire.EndedAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static (string Channel, int N)[] Published(PushWire wire) =>
    [
        .. wire.Batches.SelectMany(batch => batch.Drafts)
            .Select(draft => (
                draft.Target?.Channel ?? "all",
                Encoding.UTF8.GetString(draft.Payload!)[5] - '0'))
            .Order(),
    ];
}
