using System.Buffers.Binary;
using System.Text;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ProcessTests;

/// <summary>The Autobahn test suite's cases for RFC 6455, each on its own connection to a gateway as it is shipped.</summary>
public sealed class AutobahnTests(AutobahnTests.Shared shared) : IClassFixture<AutobahnTests.Shared>
{
    private static readonly Lazy<Dictionary<string, AutobahnCase>> Cases =
        new(() => AutobahnCases.All().ToDictionary(one => one.Number, StringComparer.Ordinal));

    // Autobahn has messages of 16 MiB, and some of 65,536 frames.
    public sealed class Shared() : SharedProcess(("ClientMessageBytes", "16777216"), ("ClientMessagesPerSecond", "1000000"));

    public static TheoryData<string> Numbers => [.. Cases.Value.Keys];

    [Theory]
    [MemberData(nameof(Numbers))]
    public async Task Case(string number)
    {
        var one = Cases.Value[number];
        using var raw = await RawSocket.UpgradeAsync(shared.Hub.WebSocketPort);

        List<string> answers = [];
        var sending = one.InTurns ? Task.CompletedTask : SendAsync(raw, one);
        foreach (var part in one.InTurns ? one.Parts : [])
        {
            await raw.SendAsync(part);
            answers.Add(await NextAsync(raw));
        }

        while (answers.Count < one.Answers.Length) answers.Add(await NextAsync(raw));
        Assert.Equal(one.Answers, answers);

        var isClosed = answers is [.., var last] && last.StartsWith("close", StringComparison.Ordinal);
        if (!one.ClientCloses)
        {
            await sending;
            await raw.SendAsync(RawSocket.Close(1000));
            if (!isClosed) Assert.Equal("close 1000", await NextAsync(raw));
        }

        // What a client sends after its own close is not read, which may cause a reset.
        Assert.Empty(await raw.ReadToEndAsync(orReset: one.ClientCloses));
    }

    [Theory]
    [InlineData("permessage-deflate")]
    [InlineData("permessage-deflate; client_max_window_bits; server_no_context_takeover, x-webkit-deflate-frame")]
    public async Task Compression_that_is_offered_is_not_negotiated(string offer)
    {
        using var raw = await RawSocket.ConnectAsync(shared.Hub.WebSocketPort);

        await raw.SendAsync(raw.Handshake("/", ("Sec-WebSocket-Extensions", offer)));

        var head = await raw.ReadHeadAsync();
        Assert.StartsWith("HTTP/1.1 101 ", head, StringComparison.Ordinal);
        Assert.DoesNotContain("Sec-WebSocket-Extensions", head, StringComparison.OrdinalIgnoreCase);
        await raw.SendAsync(RawSocket.Text("""{"type":"ping"}"""));
        Assert.Equal("""{"type":"pong"}""", await raw.ReadTextAsync());
    }

    private static async Task SendAsync(RawSocket raw, AutobahnCase one)
    {
        foreach (var part in one.Parts) await raw.SendAsync(part);
    }

    private static async Task<string> NextAsync(RawSocket raw)
    {
        var (opcode, payload) = await raw.ReadFrameAsync();
        return opcode switch
        {
            1 when payload.AsSpan().StartsWith("""{"type":"error","code":"INVALID_JSON","""u8) => AutobahnCases.Taken,
            8 => $"close {BinaryPrimitives.ReadUInt16BigEndian(payload)}",
            10 => $"pong {Convert.ToHexStringLower(payload)}",
            _ => $"{opcode} {Encoding.UTF8.GetString(payload)}",
        };
    }
}
