using System.Text;
using System.Text.Json;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ProcessTests;

/// <summary>Valid and invalid frames by RFC 6455, and how faults are recorded.</summary>
public sealed class ProtocolFaultTests(ProtocolFaultTests.Shared shared) : IClassFixture<ProtocolFaultTests.Shared>
{
    private const int Text = 1;
    private const int Binary = 2;
    private const int Ping = 9;
    private const int Pong = 10;
    private const int NotFinal = 0;

    public sealed class Shared() : SharedProcess(("CloseGrace", "00:00:10"));

    public static TheoryData<string, byte[], int, string> Faults => new()
    {
        { "a frame without mask", RawSocket.Frame(Text, """{"type":"ping"}"""u8, masked: false), 1002, "protocol error" },
        { "a reserved bit", RawSocket.Frame(Text, "{}"u8, flags: 0xC0), 1002, "protocol error" },
        { "an unknown data opcode", RawSocket.Frame(3, "{}"u8), 1002, "protocol error" },
        { "an unknown control opcode", RawSocket.Frame(11, ""u8), 1002, "protocol error" },
        { "a fragmented ping", RawSocket.Frame(Ping, "x"u8, flags: NotFinal), 1002, "protocol error" },
        { "a ping that is too long", RawSocket.Frame(Ping, new byte[126]), 1002, "protocol error" },
        { "a continuation of nothing", RawSocket.Frame(0, "x"u8), 1002, "protocol error" },
        {
            "a message inside a message", [.. RawSocket.Frame(Text, "{"u8, NotFinal), .. RawSocket.Frame(Text, "}"u8)],
            1002, "protocol error"
        },
        { "a close of one byte", RawSocket.Frame(8, [3]), 1002, "protocol error" },
        { "a close code that nobody may send", RawSocket.Close(1005), 1002, "protocol error" },
        { "a length in more bytes than it needs", RawSocket.Frame(Text, "{}"u8, lengthBytes: 8), 1002, "protocol error" },
        { "a length with its highest bit", [0x81, 0xff, 0x80], 1002, "protocol error" },
        { "a text that is not UTF-8", RawSocket.Frame(Text, [0x22, 0xC3, 0x28, 0x22]), 1007, "invalid UTF-8" },
        { "a text that ends inside a code point", RawSocket.Frame(Text, [0x22, 0xE4, 0xB8]), 1007, "invalid UTF-8" },
        {
            "a code point broken over two fragments",
            [.. RawSocket.Frame(Text, [0x22, 0xE4, 0xB8], NotFinal), .. RawSocket.Frame(0, [0x28, 0x22])], 1007, "invalid UTF-8"
        },
        { "a binary message", RawSocket.Frame(Binary, "{}"u8), 1003, "only text messages are understood" },
        { "a message over the limit", RawSocket.Frame(Text, Blanks((64 << 10) + 1)), 1009, "message too big" },
        {
            "a message over the limit in fragments",
            [.. RawSocket.Frame(Text, Blanks(40 << 10), NotFinal), .. RawSocket.Frame(0, Blanks(40 << 10))],
            1009, "message too big"
        },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_fault_is_answered_with_its_code_and_counted_as_an_error_with_its_reason(
        string fault, byte[] bytes, int code, string reason)
    {
        using var rest = await shared.Hub.LogInAsync();
        using var raw = await RawSocket.UpgradeAsync(shared.Hub.WebSocketPort);

        await raw.SendAsync(bytes);

        Assert.True(code == await raw.ReadCloseAsync(), fault);
        await raw.SendAsync(RawSocket.Close(code));
        // Not by a reset, which could discard the close frame.
        Assert.Empty(await raw.ReadToEndAsync());
        raw.Dispose();
        var connection = await rest.ConnectionAsync(raw.UserAgent, one => one.GetProperty("status").GetString() != "connected");
        Assert.Equal("error", connection.GetProperty("status").GetString());
        Assert.Equal(1, connection.GetProperty("errorCount").GetInt64());
        Assert.Equal(reason, connection.GetProperty("lastError").GetString());
    }

    [Fact]
    public async Task A_message_at_the_limit_is_taken()
    {
        using var raw = await RawSocket.UpgradeAsync(shared.Hub.WebSocketPort);
        var padding = new string(' ', (64 << 10) - """{"type":"ping"}""".Length);

        await raw.SendAsync(RawSocket.Text("""{"type":"ping"}""" + padding));

        Assert.Equal("""{"type":"pong"}""", await raw.ReadTextAsync());
    }

    [Fact]
    public async Task A_ping_is_answered_with_its_own_payload_also_between_the_fragments_of_a_message()
    {
        using var raw = await RawSocket.UpgradeAsync(shared.Hub.WebSocketPort);

        await raw.SendAsync((byte[])[
            .. RawSocket.Frame(Ping, "first"u8),
            .. RawSocket.Frame(Text, """{"type":"ping","""u8, NotFinal),
            .. RawSocket.Frame(Ping, "between"u8),
            .. RawSocket.Frame(0, [.. "\"time\":\""u8, 0xE6, 0x99], NotFinal),
            .. RawSocket.Frame(0, [0x82, (byte)'"', (byte)'}']),
            .. RawSocket.Frame(Ping, ""u8)]);

        Assert.Equal((Pong, "first"), await NextAsync(raw));
        Assert.Equal((Pong, "between"), await NextAsync(raw));
        Assert.Equal((Text, """{"type":"pong","time":"時"}"""), await NextAsync(raw));
        Assert.Equal((Pong, ""), await NextAsync(raw));
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(1001)]
    [InlineData(3000)]
    [InlineData(4999)]
    public async Task A_clients_close_code_is_echoed_and_no_error(int code)
    {
        using var rest = await shared.Hub.LogInAsync();
        using var raw = await RawSocket.UpgradeAsync(shared.Hub.WebSocketPort);

        await raw.SendAsync(RawSocket.Close(code));

        Assert.Equal(code, await raw.ReadCloseAsync());
        Assert.Empty(await raw.ReadToEndAsync());
        await AssertNoErrorAsync(rest, raw);
    }

    [Fact]
    public async Task A_close_without_a_code_is_answered_as_a_normal_one()
    {
        using var rest = await shared.Hub.LogInAsync();
        using var raw = await RawSocket.UpgradeAsync(shared.Hub.WebSocketPort);

        await raw.SendAsync(RawSocket.Frame(8, ""u8));

        Assert.Equal(1000, await raw.ReadCloseAsync());
        Assert.Empty(await raw.ReadToEndAsync());
        await AssertNoErrorAsync(rest, raw);
    }

    [Fact]
    public async Task A_client_that_vanishes_without_a_close_is_counted_as_an_error()
    {
        using var rest = await shared.Hub.LogInAsync();
        using var raw = await RawSocket.UpgradeAsync(shared.Hub.WebSocketPort);
        await rest.ConnectionAsync(raw.UserAgent, one => one.GetProperty("status").GetString() == "connected");

        raw.Dispose();

        var connection = await rest.ConnectionAsync(raw.UserAgent, one => one.GetProperty("status").GetString() != "connected");
        Assert.Equal("error", connection.GetProperty("status").GetString());
        Assert.Equal("connection lost", connection.GetProperty("lastError").GetString());
    }

    [Fact]
    public async Task The_numbers_name_the_newest_errors()
    {
        using var rest = await shared.Hub.LogInAsync();
        var before = (await rest.StatsAsync()).GetProperty("errorConnections").GetInt64();
        using var raw = await RawSocket.UpgradeAsync(shared.Hub.WebSocketPort);

        await raw.SendAsync(RawSocket.Frame(Binary, "{}"u8));
        // A client that does not answer the close is reset after the grace period.
        await raw.ReadToEndAsync(orReset: true);

        JsonElement stats = default;
        await Until.TrueAsync(
            async () => (stats = await rest.StatsAsync()).GetProperty("errorConnections").GetInt64() == before + 1,
            () => stats.GetRawText());
        Assert.Equal("only text messages are understood", stats.GetProperty("recentErrors")[0].GetProperty("error").GetString());
    }

    private static byte[] Blanks(int count)
    {
        var blanks = new byte[count];
        Array.Fill(blanks, (byte)' ');
        return blanks;
    }

    private static async Task<(int, string)> NextAsync(RawSocket raw)
    {
        var (opcode, payload) = await raw.ReadFrameAsync();
        return (opcode, Encoding.UTF8.GetString(payload));
    }

    private static async Task AssertNoErrorAsync(RestClient rest, RawSocket raw)
    {
        var connection = await rest.ConnectionAsync(raw.UserAgent, one => one.GetProperty("status").GetString() != "connected");
        Assert.Equal("disconnected", connection.GetProperty("status").GetString());
        Assert.Equal(0, connection.GetProperty("errorCount").GetInt64());
    }
}
