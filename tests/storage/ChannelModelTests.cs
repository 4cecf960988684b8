using System.Text;
using NotifyHub.GrainInterfaces;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.StorageTests;

public sealed class SqliteChannelModelTests() : ChannelModelTests(null);

public sealed class PostgresChannelModelTests(PostgresServer server) : ChannelModelTests(server);

/// <summary>Random publishes, retractions, keys and expiry, compared with a list in memory.</summary>
public abstract class ChannelModelTests(PostgresServer? server) : ChannelTest(server)
{
    private static readonly string[] Channels = ["a:1", "a:2", "a:b:3", "b", "c:1"];
    private static readonly string[] Ranges = [.. Channels, "a:*", "c:*", "a:b:*"];

    private readonly List<(Message Message, bool IsRetracted)> _model = [];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Reads_agree_with_a_model(int seed)
    {
        var random = new Random(seed);
        for (var step = 0; step < 60; step++)
        {
            if (random.Next(4) == 0) await RetractAnyAsync(random);
            else await PublishAnyAsync(random);
            Clock.Advance(TimeSpan.FromSeconds(random.Next(3)));
            if (step % 3 == 0) await CheckResumeAsync(random);
            if (step % 3 == 1) await CheckHistoryAsync(random);
        }
    }

    private async Task PublishAnyAsync(Random random)
    {
        var messages = Enumerable.Range(0, random.Next(1, 6)).Select(_ => Message(
            Channels[random.Next(Channels.Length)],
            new string('x', random.Next(1, 30)),
            random.Next(3) == 0 ? $"k{random.Next(3)}" : null,
            random.Next(4) == 0 ? TimeSpan.FromSeconds(random.Next(1, 10)) : null)).ToArray();
        var retention = (Retention)random.Next((int)Retention.Hour, (int)Retention.Month + 1);
        var first = await AppendAsync(retention, messages);
        _model.AddRange(messages.Select((message, index) => (message with { Offset = first + index }, false)));
    }

    private async Task RetractAnyAsync(Random random)
    {
        if (_model.Count == 0) return;
        var (message, isRetracted) = _model[random.Next(_model.Count)];
        var can = !isRetracted && message.Part!.Retracts is null && !IsExpired(message);
        Assert.Equal(can, await RetractAsync(message.Part!.Channel, message.Offset));
        if (!can) return;
        _model[(int)message.Offset - 1] = (message, true);
        _model.Add((Message(message.Part.Channel, "", retracts: message.Offset) with { Offset = _model.Count + 1 }, false));
    }

    private async Task CheckResumeAsync(Random random)
    {
        var ranges = Enumerable.Range(0, random.Next(1, 4)).Select(_ => new ChannelRange(
            Ranges[random.Next(Ranges.Length)],
            random.Next(_model.Count + 1),
            random.Next(2) == 0 ? random.Next(6) : null,
            Retention.Week)).ToArray();
        var (max, maxBytes) = (random.Next(1, 20), random.Next(1, 200));
        var expected = _model.Where(row => IsRetained(row) && ranges.Any(range => IsWanted(row.Message, range)))
            .Select(row => row.Message).ToList();

        var (found, reads) = (new List<Message>(), 0);
        ChannelMessages answer;
        do
        {
            answer = await ReadAsync(ranges, max, maxBytes);
            Assert.InRange(answer.Messages.Length, answer.To < answer.Head ? 1 : 0, max);
            Assert.All(answer.Messages, message => Assert.True(message.Offset <= answer.To));
            if (reads++ == 0) Assert.Equal(ranges.Select(Floor), answer.DroppedTo);
            found.AddRange(answer.Messages);
            ranges = [.. ranges.Select(range => range with { After = Math.Max(range.After, answer.To) })];
        }
        while (answer.To < answer.Head);

        Assert.Equal(expected.Select(Describe), found.Select(Describe));
    }

    private async Task CheckHistoryAsync(Random random)
    {
        var channel = Channels[random.Next(Channels.Length)];
        int? limit = random.Next(2) == 0 ? random.Next(6) : null;
        var range = new ChannelRange(channel, 0, limit, Retention.Week);
        var expected = _model
            .Where(row => IsRetained(row) && row.Message.Part!.Retracts is null && IsWanted(row.Message, range))
            .Select(row => row.Message);

        var found = new List<Message>();
        ChannelPage page;
        do
        {
            page = await ReadHistoryAsync(
                channel, found.Count == 0 ? null : found[0].Offset, random.Next(1, 5), limit, random.Next(1, 100));
            found.InsertRange(0, page.Messages);
        }
        while (page.HasMore);

        Assert.Equal(expected.Select(Describe), found.Select(Describe));
    }

    private bool IsExpired(Message message) => message.Part!.ExpiresAt <= Clock.GetUtcNow();

    private bool IsRetained((Message Message, bool IsRetracted) row) => !row.IsRetracted && !IsExpired(row.Message)
        && (row.Message.Part!.Key is not { } key || !_model.Exists(newer => newer.Message.Offset > row.Message.Offset
            && newer.Message.Part!.Key == key && newer.Message.Part.Channel == row.Message.Part.Channel));

    private bool IsWanted(Message message, ChannelRange range) => message.Offset > range.After
        && IsIn(message.Part!.Channel, range.Name)
        && (message.Part.Retracts is not null || message.Offset > Floor(range, message.Part.Channel));

    private long Floor(ChannelRange range) =>
        Channels.Where(channel => IsIn(channel, range.Name)).Max(channel => Floor(range, channel));

    private long Floor(ChannelRange range, string channel) => range.HistoryLimit is not { } limit ? 0
        : _model.Select(row => row.Message)
            .Where(message => message.Part!.Channel == channel && message.Offset > range.After && message.Part.Retracts is null)
            .OrderByDescending(message => message.Offset).Skip(limit).FirstOrDefault()?.Offset ?? 0;

    private static bool IsIn(string channel, string name) =>
        channel == name || (ChannelName.IsPattern(name) && ChannelName.Covers(name, channel));

    private static (long, string, string, string?, long?) Describe(Message message) => (
        message.Offset, message.Part!.Channel, Encoding.UTF8.GetString(message.Payload), message.Part.Key,
        message.Part.Retracts);
}
