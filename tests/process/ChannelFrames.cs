using System.Text.Json;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ProcessTests;

/// <summary>Reads what a client of channels is sent.</summary>
internal static class ChannelFrames
{
    /// <summary>Subscribes to a place and returns the numbers of the messages that follow.</summary>
    public static async Task<List<int>> ReplayAsync(SocketClient client, string place, int count)
    {
        await client.SendAsync($$"""{"type":"subscribe","channels":[{{place}}]}""");
        var subscribed = Json(await NextAsync(client, "subscribed"));
        Assert.True(subscribed.GetProperty("channels")[0].GetProperty("recovered").GetBoolean());
        List<int> numbers = [];
        while (numbers.Count < count)
            numbers.Add(Json(await NextAsync(client, "message")).GetProperty("data").GetProperty("n").GetInt32());
        return numbers;
    }

    /// <summary>Nothing but positions came before the answer to a ping.</summary>
    public static async Task AssertQuietAsync(SocketClient client)
    {
        await client.SendAsync("""{"type":"ping"}""");
        var frames = await client.NextUntilAsync(text => Type(text) == "pong");
        Assert.DoesNotContain(frames, frame => Type(frame) == "message");
    }

    /// <summary>The next frame of this type. Only positions and heartbeats may come before it.</summary>
    public static async Task<string> NextAsync(SocketClient client, string type)
    {
        while (true)
        {
            var text = await client.NextAsync();
            if (Type(text) == type) return text;
            Assert.True(Type(text) is "position" or "heartbeat", $"Expected {type}: {text}");
        }
    }

    /// <summary>The next frames of these types, in either order.</summary>
    public static async Task<(string First, string Second)> BothAsync(SocketClient client, string first, string second)
    {
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        while (!texts.ContainsKey(first) || !texts.ContainsKey(second))
        {
            var text = await client.NextAsync();
            texts[Type(text)] = text;
        }

        return (texts[first], texts[second]);
    }

    public static List<int> Numbers(JsonElement page) =>
        [.. page.GetProperty("messages").EnumerateArray().Select(one => one.GetProperty("data").GetProperty("n").GetInt32())];

    /// <summary>The names in a list of <c>subscribed</c>.</summary>
    public static List<string?> Names(JsonElement subscribed, string list) =>
        [.. subscribed.GetProperty(list).EnumerateArray().Select(one => one.GetProperty("channel").GetString())];

    public static JsonElement Json(string text) => JsonElement.Parse(text);

    public static string Type(string text) => Json(text).GetProperty("type").GetString()!;

    public static string Data(string text) => Json(text).GetProperty("data").GetRawText();

    public static long Offset(string text) => Json(text).GetProperty("offset").GetInt64();
}
