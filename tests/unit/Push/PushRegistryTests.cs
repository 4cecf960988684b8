using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Push;
using Xunit;

namespace NotifyHub.UnitTests.Push;

public sealed class PushRegistryTests
{
    [Fact]
    public void At_the_limit_of_an_address_its_longest_idle_connection_makes_room()
    {
        var registry = new PushRegistry(10, 3);
        var (first, second, third) = (Add(registry), Add(registry), Add(registry));
        var other = Add(registry, "10.0.0.2");
        // Until now, the first connection was idle the longest.
        first.Begin();
        first.End(1);

        Add(registry);
        Assert.True(second.IsShed);
        Assert.Equal(Admission.AddressFull, second.Shortage);
        Add(registry);
        Assert.True(third.IsShed);
        Add(registry);
        Assert.True(first.IsShed);
        Assert.False(other.IsShed);
        Assert.Equal(4, registry.Count);
    }

    [Fact]
    public void One_at_work_is_never_shed_and_when_all_are_the_newest_is_refused()
    {
        var registry = new PushRegistry(10, 2);
        var publishing = Add(registry);
        publishing.Begin();
        publishing.Begin();
        publishing.End(1);
        var receiving = Add(registry);
        receiving.Receive(true);

        Assert.Equal(Admission.AddressFull, registry.TryAdd("10.0.0.1", true, out var refused));
        Assert.Null(refused);
        Assert.False(publishing.IsShed || receiving.IsShed);

        publishing.End(1);
        Add(registry).Begin();
        Assert.True(publishing.IsShed);
        Assert.False(receiving.IsShed);
        receiving.Receive(false);
        Add(registry);
        Assert.True(receiving.IsShed);
    }

    [Fact]
    public void At_the_limit_of_all_the_longest_idle_of_all_makes_room()
    {
        var registry = new PushRegistry(2, 0);
        var (first, second) = (Add(registry), Add(registry, "10.0.0.2"));
        first.Begin();

        Add(registry, "10.0.0.3").Begin();
        Assert.Equal((false, true, Admission.Full), (first.IsShed, second.IsShed, second.Shortage));
        Assert.Equal(Admission.Full, registry.TryAdd("10.0.0.4", true, out _));
    }

    [Fact]
    public void The_end_of_one_that_was_shed_frees_nothing_twice()
    {
        var registry = new PushRegistry(1, 1);
        var first = Add(registry);
        var second = Add(registry);
        registry.Remove(first);
        Assert.Equal(1, registry.Count);
        second.Begin();
        Assert.Equal(Admission.AddressFull, registry.TryAdd("10.0.0.1", true, out _));

        second.End(1);
        registry.Remove(second);
        Assert.Equal(0, registry.Count);
        Add(registry);
    }

    [Fact]
    public void Of_IPv6_a_64_counts_as_one_address()
    {
        var registry = new PushRegistry(10, 1);
        var first = Add(registry, "2001:db8::1");
        Add(registry, "2001:db8::2");
        Assert.True(first.IsShed);
    }

    [Fact]
    public void Connections_without_the_key_replace_only_each_other()
    {
        var registry = new PushRegistry(3, 0);
        var trusted = Add(registry, isAuthorised: false);
        trusted.Authorise();
        var busy = Add(registry, isAuthorised: false);
        busy.Receive(true);
        busy.Begin();
        Add(registry, isAuthorised: false);

        for (var i = 0; i < 10; i++) Add(registry, isAuthorised: false);
        Assert.Equal((false, true), (trusted.IsShed, busy.IsShed));

        var full = new PushRegistry(1, 0);
        Add(full, isAuthorised: false).Authorise();
        Assert.Equal(Admission.Full, full.TryAdd("10.0.0.1", isAuthorised: false, out _));
    }

    private static PushRegistry.Slot Add(PushRegistry registry, string address = "10.0.0.1", bool isAuthorised = true)
    {
        Assert.Equal(Admission.Granted, registry.TryAdd(address, isAuthorised, out var slot));
        return slot!;
    }
}
