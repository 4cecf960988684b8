using System.Net;
using NotifyHub.Hosting;
using Xunit;

namespace NotifyHub.UnitTests.Network;

public sealed class AddressPrefixTests
{
    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1")]
    [InlineData("::ffff:192.0.2.1", "192.0.2.1")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::")]
    [InlineData("2001:db8:1:2::", "2001:db8:1:2::")]
    [InlineData("::1", "::")]
    [InlineData("fe80::1%2", "fe80::")]
    [InlineData("", "")]
    [InlineData("unknown", "unknown")]
    [InlineData("2001:db8::1::2", "2001:db8::1::2")]
    [InlineData("192.0.2.1:80", "192.0.2.1:80")]
    public void A_network_is_an_IPv4_address_or_a_slash_64(string address, string prefix) =>
        Assert.Equal(prefix, AddressPrefix.Of(address));

    [Fact]
    public void A_parsed_address_has_the_same_prefix_as_its_text()
    {
        Assert.Equal("", AddressPrefix.Of((IPAddress?)null));
        foreach (var text in (string[])["192.0.2.1", "::ffff:192.0.2.1", "2001:db8:1:2:3:4:5:6", "fe80::1%2"])
            Assert.Equal(AddressPrefix.Of(text), AddressPrefix.Of(IPAddress.Parse(text)));
    }
}
