using NotifyHub.Gateway.Sockets;
using NotifyHub.GrainInterfaces;
using Xunit;

namespace NotifyHub.UnitTests.Sockets;

public sealed class SessionChangesTests
{
    [Fact]
    public void An_end_is_never_taken_before_its_opening()
    {
        var changes = new SessionChanges();
        for (var number = 0; number < 5; number++) changes.Add(Open($"{number}"));
        changes.Add(Close("4"));

        var (first, second) = (changes.Take(4), changes.Take(4));

        Assert.Equal(["0", "1", "2", "3"], first.Opened.Select(opened => opened.ConnectionId));
        Assert.Empty(first.Closed);
        Assert.Equal(["4"], second.Opened.Select(opened => opened.ConnectionId));
        Assert.Equal(["4"], second.Closed.Select(closed => closed.Counters.ConnectionId));
        Assert.True(changes.IsEmpty);
    }

    [Fact]
    public void Changes_beyond_the_maximum_are_dropped_and_reported_once()
    {
        var changes = new SessionChanges();
        for (var number = 0; number < SessionChanges.MaxChanges; number++) changes.Add(Open($"{number}"));
        Assert.False(changes.HasDropped);

        changes.Add(Close("0"));

        Assert.True(changes.HasDropped);
        var all = changes.TakeAll();
        Assert.Equal((SessionChanges.MaxChanges, 0, true), (all.Opened.Length, all.Closed.Length, all.HasDropped));
        Assert.False(changes.HasDropped);
        Assert.False(changes.TakeAll().HasDropped);
    }

    private static SessionOpened Open(string id) => new(id, "192.0.2.1", "agent/1.0", "", DateTimeOffset.UnixEpoch);

    private static SessionClosed Close(string id) =>
        new(new LiveCounters(id, 0, 0, 0, null, null), DateTimeOffset.UnixEpoch, Abnormal: false, "bye");
}
