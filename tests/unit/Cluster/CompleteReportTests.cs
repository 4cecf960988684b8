using NotifyHub.Gateway.Cluster;
using NotifyHub.GrainInterfaces;
using Xunit;

namespace NotifyHub.UnitTests.Cluster;

public sealed class CompleteReportTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch;

    [Fact]
    public void A_gateway_without_sessions_has_one_empty_part()
    {
        var report = new CompleteReport([], [], [], hasDropped: false, max: 5);

        Assert.False(report.IsDone);
        Assert.Equivalent(new CompleteReport.Part(null, null, [], []), report.Next());
        Assert.True(report.IsDone);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(16)]
    [InlineData(17)]
    public void Parts_cover_all_ids_in_order_and_name_each_session_once(int max)
    {
        // Hexadecimal, as gateways generate them, so that sorting differs from the order of arrival.
        var ids = Enumerable.Range(0, 16).Select(number => $"gateway1-{number * 37:x}").ToArray();
        var report = new CompleteReport(ids.Select(Open), [], [], hasDropped: false, max);

        var parts = new List<CompleteReport.Part>();
        while (!report.IsDone) parts.Add(report.Next());

        Assert.Equal((16 + max - 1) / max, parts.Count);
        Assert.Null(parts[0].After);
        Assert.Null(parts[^1].UpTo);
        Assert.Equal(parts.SkipLast(1).Select(part => part.UpTo), parts.Skip(1).Select(part => part.After));
        Assert.All(parts, part => Assert.InRange(part.Opened.Length, 1, max));
        Assert.All(parts, part => Assert.All(part.Opened, opened => Assert.True(
            string.CompareOrdinal(opened.ConnectionId, part.After) > 0
            && (part.UpTo is null || string.CompareOrdinal(opened.ConnectionId, part.UpTo) <= 0))));
        Assert.Equal(
            ids.Order(StringComparer.Ordinal), parts.SelectMany(part => part.Opened).Select(opened => opened.ConnectionId));
    }

    [Fact]
    public void An_end_is_in_the_part_of_its_session_and_counts_towards_the_maximum()
    {
        var report = new CompleteReport(
            [Open("b")], [Open("a"), Open("b")], [Close("a"), Close("c"), Close("d")], hasDropped: false, max: 2);

        var (first, second) = (report.Next(), report.Next());

        Assert.True(report.IsDone);
        Assert.Equal(("a b", "a", null, "b"), (Ids(first.Opened), Ids(first.Closed), first.After, first.UpTo));
        Assert.Equal(("", "c d", "b", null), (Ids(second.Opened), Ids(second.Closed), second.After, second.UpTo));
    }

    [Fact]
    public void After_dropped_ends_only_open_sessions_and_known_ends_are_named()
    {
        var report = new CompleteReport([Open("b")], [Open("a"), Open("b"), Open("c")], [Close("c")], hasDropped: true, max: 5);

        var part = report.Next();

        Assert.Equal(("b c", "c"), (Ids(part.Opened), Ids(part.Closed)));
    }

    [Fact]
    public void The_rest_is_what_is_in_no_part_yet()
    {
        var report = new CompleteReport(
            [Open("a"), Open("b"), Open("c")], [], [Close("c"), Close("d")], hasDropped: false, max: 2);
        report.Next();

        var rest = report.Rest();

        Assert.True(report.IsDone);
        Assert.Equal(("c", "c d"), (Ids(rest.Opened), Ids(rest.Closed)));
    }

    private static string Ids(SessionOpened[] opened) => string.Join(' ', opened.Select(each => each.ConnectionId));

    private static string Ids(SessionClosed[] closed) => string.Join(' ', closed.Select(each => each.Counters.ConnectionId));

    private static SessionOpened Open(string id) => new(id, "192.0.2.1", "agent/1.0", "", Now);

    private static SessionClosed Close(string id) => new(new LiveCounters(id, 0, 0, 0, null, null), Now, Abnormal: false, "bye");
}
