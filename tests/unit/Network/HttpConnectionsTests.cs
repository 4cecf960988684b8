using System.Net;
using NotifyHub.Gateway.Network;
using Xunit;

namespace NotifyHub.UnitTests.Network;

public sealed class HttpConnectionsTests
{
    private static readonly IPAddress One = IPAddress.Parse("192.0.2.1");
    private static readonly IPAddress Two = IPAddress.Parse("192.0.2.2");
    private static readonly IPAddress Proxy = IPAddress.Parse("10.0.0.1");

    private readonly List<string> _aborted = [];
    private readonly List<HttpRefusal> _refused = [];

    [Fact]
    public void The_longest_idle_connection_is_replaced_never_a_busy_one()
    {
        var connections = New(max: 3, perAddress: 0);
        var first = Open(connections, One, "first");
        Open(connections, Two, "second");
        Open(connections, Two, "third");
        first!.Begin();

        Assert.NotNull(Open(connections, Two, "fourth"));
        Assert.Equal(["second"], _aborted);

        // The first connection is idle again, and the last to become so.
        first.End();
        Open(connections, Two, "fifth");
        Open(connections, Two, "sixth");
        Open(connections, Two, "seventh");
        Assert.Equal(["second", "third", "fourth", "first"], _aborted);
        Assert.Equal(3, connections.Count);
    }

    [Fact]
    public void When_all_connections_are_busy_the_newest_is_refused()
    {
        var connections = New(max: 2, perAddress: 0);
        var first = Open(connections, One, "first")!;
        first.Begin();
        Open(connections, One, "second")!.Begin();

        Assert.Null(Open(connections, Two, "third"));
        Assert.Equal([HttpRefusal.Full], _refused);

        first.Close();
        Assert.NotNull(Open(connections, Two, "third"));
        Assert.Empty(_aborted);
    }

    [Fact]
    public void The_limit_per_address_or_IPv6_network_replaces_its_oldest()
    {
        var connections = New(max: 10, perAddress: 2);
        Open(connections, Two, "other");
        Open(connections, One, "a");
        Open(connections, One, "b");
        Open(connections, IPAddress.Parse("::ffff:192.0.2.1"), "c");
        Assert.Equal(["a"], _aborted);
        for (var i = 0; i < 3; i++) Open(connections, IPAddress.Parse($"2001:db8::{i + 1}"), $"six{i}");
        Assert.Equal(["a", "six0"], _aborted);
        for (var i = 0; i < 5; i++) Open(connections, Proxy, $"proxied{i}");
        Assert.Equal(["a", "six0"], _aborted);
    }

    [Fact]
    public void Places_come_back_however_a_connection_ends()
    {
        var connections = New(max: 4, perAddress: 4);
        for (var i = 0; i < 100; i++)
        {
            var connection = Open(connections, One, "x")!;
            connection.Begin();
            if (i % 2 == 0) connection.End();
            connection.Close();
            connection.End();
            connection.Close();
        }

        Assert.Equal((0, 0), (connections.Count, _aborted.Count));
        Assert.False(connections.AreScarce);
        for (var i = 0; i < 4; i++) Open(connections, One, "y");
        Assert.True(connections.AreScarce);
    }

    [Fact]
    public void The_oldest_idle_one_can_be_ended_for_another_reason()
    {
        var connections = New(max: 10, perAddress: 5);
        Open(connections, One, "busy")!.Begin();
        Open(connections, One, "idle");

        Assert.True(connections.ShedOldest());
        Assert.False(connections.ShedOldest());
        Assert.Equal(["idle"], _aborted);
        Assert.Equal(1, connections.Count);
    }

    [Fact]
    public void One_that_was_to_end_before_it_was_handed_over_ends_then()
    {
        var connections = New(max: 1, perAddress: 0);
        var first = Open(connections, One, "silent")!;
        Open(connections, One, "second");

        first.AbortWith(() => _aborted.Add("handed over"));

        Assert.Equal(["silent", "handed over"], _aborted);
    }

    [Fact]
    public void Whatever_happens_at_once_the_count_is_right_in_the_end()
    {
        var connections = New(max: 50, perAddress: 20);
        Parallel.For(0, 20_000, i =>
        {
            if (connections.Open(IPAddress.Parse($"192.0.2.{i % 5}"), () => { }) is not { } connection) return;
            connection.Begin();
            connection.End();
            if (i % 3 != 0) connection.Close();
            Assert.InRange(connections.Count, 0, 50);
        });
        Assert.InRange(connections.Count, 1, 50);
    }

    private HttpConnections New(int max, int perAddress) => new(max, perAddress, address => address.Equals(Proxy), why =>
    {
        lock (_refused) _refused.Add(why);
    });

    private HttpConnections.Connection? Open(HttpConnections connections, IPAddress from, string name) =>
        connections.Open(from, () => _aborted.Add(name));
}
