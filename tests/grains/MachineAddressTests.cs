using System.Net;
using NotifyHub.Grains;

namespace NotifyHub.GrainTests;

public sealed class MachineAddressTests
{
    [Theory]
    [InlineData("10.1.2.3", "10.1.2.3")]
    [InlineData("fd00::1", "fd00::1")]
    [InlineData("127.0.0.0/8", "127.0.0.1")]
    [InlineData("127.0.0.1/32", "127.0.0.1")]
    public void An_address_is_itself_and_a_network_is_this_machines_address_in_it(string setting, string expected) =>
        Assert.Equal(IPAddress.Parse(expected), MachineAddress.Find(setting));

    [Theory]
    [InlineData("240.0.0.0/4")] // Reserved: no machine has an address in it.
    [InlineData("10.0.0.0/33")]
    [InlineData("silo-1")]
    [InlineData("")]
    public void A_network_without_this_machine_and_what_is_neither_are_not_found(string setting) =>
        Assert.Null(MachineAddress.Find(setting));
}
