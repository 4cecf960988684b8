using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Settings;
using NotifyHub.Hosting;
using Xunit;

namespace NotifyHub.UnitTests.Settings;

public sealed class StartFaultTests
{
    [Fact]
    public void A_file_of_settings_that_is_no_JSON_is_named_with_the_place()
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(file, """{"NotifyHub":{""");

        var message = StartFault.Explain(Record.Exception(() => new ConfigurationBuilder().AddJsonFile(file).Build())!);

        Assert.Contains(file, message, StringComparison.Ordinal);
        Assert.Contains("LineNumber: 0", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message!);
        File.Delete(file);
    }

    [Fact]
    public void A_value_that_cannot_be_read_is_named_with_its_setting()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("NotifyHub:PushPort", "")]).Build();
        var fault = Record.Exception(() => configuration.GetSection("NotifyHub").Get<GatewayOptions>());

        Assert.Contains("NotifyHub:PushPort", StartFault.Explain(fault!), StringComparison.Ordinal);
    }

    [Fact]
    public void All_faults_of_the_settings_have_a_line_each() => Assert.Equal(
        $"one{Environment.NewLine}two",
        StartFault.Explain(new OptionsValidationException("any", typeof(GatewayOptions), ["one", "two"])));

    [Fact]
    public void A_fault_of_the_program_keeps_its_stack_trace() => Assert.Null(StartFault.Explain(new NotSupportedException()));

    [Theory]
    [InlineData(SocketError.AccessDenied, "NotifyHub:WebSocketPort: this user may not listen on port 80.")]
    [InlineData(SocketError.AddressNotAvailable, "NotifyHub:Address: 192.0.2.1 is not an address of this machine.")]
    [InlineData(
        SocketError.AddressFamilyNotSupported,
        "NotifyHub:Address: this machine does not support the address family of 192.0.2.1.")]
    [InlineData(SocketError.AddressAlreadyInUse, "Port 80 is in use by another process.")]
    [InlineData(SocketError.NoBufferSpaceAvailable, "NotifyHub:WebSocketPort: 192.0.2.1:80 cannot be listened on:")]
    public void An_unavailable_port_names_its_setting_and_remedy(SocketError error, string message) =>
        Assert.StartsWith(
            message,
            PortCheck.Explain(
                new SocketException((int)error), new IPEndPoint(IPAddress.Parse("192.0.2.1"), 80), "WebSocketPort", "Address"),
            StringComparison.Ordinal);
}
