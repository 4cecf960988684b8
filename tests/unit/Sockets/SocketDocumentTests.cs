using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Sockets;
using NotifyHub.GrainInterfaces;
using Xunit;

namespace NotifyHub.UnitTests.Sockets;

/// <summary>What gateway/Api/asyncapi.yaml says of the socket is what the code does.</summary>
public sealed class SocketDocumentTests
{
    private const string Faulty = nameof(ClientMessageKind.Faulty);

    private static readonly ClientError Later = new("UNAVAILABLE", "Later.", Again: true, AfterMs: 1);

    private static SocketDocument Document => SocketDocument.Instance;

    /// <summary>Frames as the server's code writes them, by the message that describes them: one line each.</summary>
    public static TheoryData<string, string> ServerFrames => new()
    {
        { "Pong", Text(ServerMessage.Pong([])) },
        { "Pong", Text(ServerMessage.Pong("""{"a":[1.5]}"""u8)) },
        { "SubscribedAll", Text(ServerMessage.Subscribed("e", 0, recovered: false)) },
        { "Gap", Text(ServerMessage.Gap(1, 2)) },
        { "Reconnect", Text(ServerMessage.Reconnect(1500)) },
        { "Heartbeat", Text(ServerMessage.Heartbeat) },
        { "PlainError", Text(ServerMessage.Error(Later)) },
        { "Error", Text(ServerMessage.Error(Later, withAgain: true)) },
        { "Error", Text(ServerMessage.Error(ClientError.Since, "1"u8, withAgain: true)) },
        { "Error", Text(ServerMessage.Error(ClientError.Since, "\"x\""u8, withAgain: true)) },
        { "Message", Envelope(new Message(42, """{"type":"test","data":{}}"""u8.ToArray(), false)) },
        { "Message", Envelope(new Message(1, Notification(), true)) },
        { "Broadcast", Plain(new Message(1, Notification(), true)) },
    };

    [Theory]
    [MemberData(nameof(ServerFrames))]
    public void Frames_of_the_server_are_as_described(string message, string frame) =>
        Assert.Empty(Document.Faults(message, frame));

    /// <summary>Frames of clients: the message that describes them, and what the parser takes them for.</summary>
    [Theory]
    [InlineData("Ping", """{"type":"ping"}""", nameof(ClientMessageKind.Ping))]
    [InlineData("Ping", """{"type":"ping","time":{"a":1}}""", nameof(ClientMessageKind.Ping))]
    [InlineData("Ping", """{"type":"pong"}""", Faulty)]
    [InlineData("Ping", "[]", Faulty)]
    [InlineData("SubscribeAll", """{"type":"subscribe","channel":"all"}""", nameof(ClientMessageKind.Subscribe))]
    [InlineData(
        "SubscribeAll", """{"type":"subscribe","channel":"all","since":0,"epoch":"e"}""", nameof(ClientMessageKind.Subscribe))]
    [InlineData(
        "SubscribeAll", """{"type":"subscribe","channel":"all","since":null,"epoch":null}""",
        nameof(ClientMessageKind.Subscribe))]
    [InlineData("SubscribeAll", """{"type":"subscribe","channel":"all","since":-1}""", Faulty)]
    [InlineData("SubscribeAll", """{"type":"subscribe","channel":"all","since":"1"}""", Faulty)]
    [InlineData("SubscribeAll", """{"type":"subscribe","channel":"all","epoch":1}""", Faulty)]
    [InlineData("SubscribeAll", """{"type":"subscribe","channel":"other"}""", Faulty)]
    [InlineData("SubscribeAll", """{"type":"subscribe"}""", Faulty)]
    public void Frames_of_clients_are_valid_when_the_parser_takes_them(string message, string frame, string kind)
    {
        Assert.Equal(kind, ClientMessage.Parse(Encoding.UTF8.GetBytes(frame), out _).ToString());
        Assert.Equal(kind == Faulty, Document.Faults(message, frame).Length > 0);
    }

    [Fact]
    public void Every_message_has_an_example_and_it_is_valid() => Assert.All(Document.Messages, message =>
    {
        var examples = message.Value!["examples"]!.AsArray();
        Assert.NotEmpty(examples);
        Assert.Empty(examples.SelectMany(example => Document.Faults(message.Key, example!["payload"]!.ToJsonString())));
    });

    /// <summary>Otherwise the tests above would prove nothing.</summary>
    [Theory]
    [InlineData("Pong", """{"type":"pong","times":1}""")]
    [InlineData("Pong", """{"type":"ping"}""")]
    [InlineData("Error", """{"type":"error","code":"UNAVAILABLE","message":"m"}""")]
    [InlineData("Error", """{"type":"error","code":"OTHER","message":"m","again":true}""")]
    [InlineData("Message", """{"type":"message","channel":"all","offset":1}""")]
    [InlineData("Message", """{"type":"message","channel":"all","offset":1,"data":[]}""")]
    [InlineData("Subscribe", """{"type":"subscribe","channels":[{"channel":"a","since":1,"last":1}]}""")]
    [InlineData("Subscribe", """{"type":"subscribe","channels":[{"channel":"a","last":501}]}""")]
    [InlineData("Subscribed", """{"type":"subscribed","epoch":"e","position":"A","channels":[],"user":"42"}""")]
    [InlineData("TokenTaken", """{"type":"token","expires_at":"2026-11-28 14:52:41"}""")]
    public void What_is_wrong_is_found(string message, string frame) => Assert.NotEmpty(Document.Faults(message, frame));

    [Theory]
    [InlineData("all")]
    [InlineData("orders:eu:42")]
    [InlineData("a-b_c.d~e@f+g=h|i")]
    [InlineData("...")]
    [InlineData(".a:..b")]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("a:..")]
    [InlineData("a::b")]
    [InlineData(":a")]
    [InlineData("a:")]
    [InlineData("a b")]
    [InlineData("a:*")]
    [InlineData("é")]
    [InlineData("a/b")]
    public void Names_are_those_of_the_code(string name)
    {
        Assert.Equal(ChannelName.IsValid(name), Is("ChannelName", name));
        Assert.Equal(ChannelName.IsPattern(name), Is("ChannelPattern", name));
        Assert.Equal(ChannelName.IsPattern(name + ":*"), Is("ChannelPattern", name + ":*"));

        static bool Is(string schema, string text) => Document.FaultsOf(schema, JsonSerializer.Serialize(text)).Length == 0;
    }

    [Fact]
    public void All_close_codes_are_listed()
    {
        var listed = Document.Root["x-close-codes"]!.AsArray()
            .Select(one => (Code: one!["code"]!.GetValue<int>(), Text: one["reason"]!.GetValue<string>())).ToArray();
        var inCode = typeof(CloseReason).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Select(field => field.GetValue(null)).OfType<CloseReason>().Select(reason => (reason.Code, reason.Text));

        Assert.Equal(inCode.Order(), listed.Order());
        // The ranges, by which an old client handles a new code.
        Assert.All(
            Document.Root["x-close-codes"]!.AsArray().Where(one => one!["code"]!.GetValue<int>() >= 4000),
            one => Assert.Equal(one!["code"]!.GetValue<int>() is < 4500 or 4503, one["again"]!.GetValue<bool>()));
    }

    [Fact]
    public void All_errors_of_clients_are_listed() => Assert.All(
        typeof(ClientError).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Select(field => field.GetValue(null)).OfType<ClientError>(),
        error => Assert.Empty(Document.FaultsOf("Code", JsonSerializer.Serialize(error.Code))));

    [Fact]
    public void Every_reference_leads_somewhere()
    {
        var references = References(Document.Root).ToArray();
        Assert.NotEmpty(references);
        Assert.All(references, reference => Assert.NotNull(Find(reference)));
        // And each message is used.
        Assert.Equal(
            Document.Messages.Select(message => $"#/components/messages/{message.Key}").Order(),
            references.Where(reference => reference.StartsWith("#/components/messages/", StringComparison.Ordinal))
                .Distinct().Order());
    }

    private static JsonNode? Find(string reference) =>
        reference[2..].Split('/').Aggregate<string, JsonNode?>(Document.Root, (node, name) => node?[name]);

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject one => one.SelectMany(field =>
            field is { Key: "$ref", Value: { } value } ? [value.GetValue<string>()] : References(field.Value)),
        JsonArray all => all.SelectMany(References),
        _ => [],
    };

    private static byte[] Notification()
    {
        var draft = new NotificationDraft("t", "t", "m", "info", "low", "i", "a", "r", "b", "c", "{}", DateTimeOffset.UnixEpoch);
        return NotificationJson.Payload(
            GrainInterfaces.Notification.AsPublished(GrainKeys.PublicChannel, 1, draft), TimeZoneInfo.Utc);
    }

    private static string Envelope(Message message) => Written(WireForm.WriteEnvelope, message);

    private static string Plain(Message message) => Written(WireForm.WritePlain, message);

    private static string Written(FrameWriter write, Message message)
    {
        var frame = new byte[message.Payload.Length + WireForm.MaxOverheadBytes];
        return Text(frame[..write(frame, message)]);
    }

    private static string Text(byte[] frame) => WireFrames.ReadOne(frame).Text;
}
