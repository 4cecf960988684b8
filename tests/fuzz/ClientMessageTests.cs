using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using CsCheck;
using NotifyHub.Gateway.Sockets;
using NotifyHub.UnitTests.Sockets;
using Xunit;

namespace NotifyHub.FuzzTests;

/// <summary>Client messages, checked against a second, independent parser.</summary>
public sealed class ClientMessageTests
{
    [Fact]
    public Task A_message_means_what_the_documents_fields_say() =>
        Fuzzer.RunAsync("messages", Json.Text.Select(Encoding.UTF8.GetBytes), Check);

    /// <summary>Fails when an input is parsed differently than expected.</summary>
    internal static void Check(byte[] input)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var kind = ClientMessage.Parse(input, out var message);
        // Room for an exception and for the epoch, a string from the message.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (32 << 10) + (4 * input.Length));
        Assert.Equal(kind == ClientMessageKind.Faulty, message.Fault is not null);
        // Invalid UTF-8 never gets here in production; the parser must merely not throw on it.
        if (!Utf8.IsValid(input)) return;

        if (kind == ClientMessageKind.Ping)
        {
            var pong = JsonElement.Parse(WireFrames.ReadOne(ServerMessage.Pong(message.Time)).Payload);
            Assert.Equal("pong", pong.GetProperty("type").GetString());
        }

        if (Meaning(input) is { } expected)
            Assert.Equal(expected, (kind, message.Fault, Encoding.UTF8.GetString(message.Time), message.Since, message.Epoch));
    }

    /// <summary>Null if a property name is not valid text (half a surrogate pair); the result is then unspecified.</summary>
    private static (ClientMessageKind Kind, ClientError? Fault, string Time, long? Since, string? Epoch)? Meaning(byte[] input)
    {
        (ClientMessageKind, ClientError?, string, long?, string?) Faulty(ClientError fault) =>
            (ClientMessageKind.Faulty, fault, "", null, null);
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(input);
        }
        catch (JsonException)
        {
            return Faulty(ClientError.InvalidJson);
        }

        using (document)
        {
            if (document.RootElement.ValueKind != JsonValueKind.Object) return Faulty(ClientError.InvalidJson);
            var fields = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
            try
            {
                foreach (var field in document.RootElement.EnumerateObject()) fields[field.Name] = field.Value;
            }
            catch (InvalidOperationException)
            {
                return null;
            }

            if (TextOf(fields, "type") == "ping")
            {
                var raw = fields.TryGetValue("time", out var time) ? time.GetRawText() : "";
                return (ClientMessageKind.Ping, null, raw, null, null);
            }

            if (TextOf(fields, "type") != "subscribe") return Faulty(ClientError.UnknownType);
            if (TextOf(fields, "channel") != "all") return Faulty(ClientError.UnknownChannel);
            long? since = null;
            if (fields.TryGetValue("since", out var offsetField) && offsetField.ValueKind != JsonValueKind.Null)
            {
                if (offsetField.ValueKind != JsonValueKind.Number || !offsetField.TryGetInt64(out var offset) || offset < 0)
                    return Faulty(ClientError.Since);
                since = offset;
            }

            if (!fields.TryGetValue("epoch", out var epoch) || epoch.ValueKind == JsonValueKind.Null)
                return (ClientMessageKind.Subscribe, null, "", since, null);
            return TextOf(fields, "epoch") is { } text
                ? (ClientMessageKind.Subscribe, null, "", since, text)
                : Faulty(ClientError.Epoch);
        }
    }

    private static string? TextOf(Dictionary<string, JsonElement> fields, string name)
    {
        try
        {
            return fields.TryGetValue(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
