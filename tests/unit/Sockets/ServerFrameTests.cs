using System.Text;
using CsCheck;
using NotifyHub.Gateway.Channels;
using NotifyHub.GrainInterfaces;
using Xunit;

namespace NotifyHub.UnitTests.Sockets;

public class ServerFrameTests
{
    [Theory]
    [InlineData(0, 2)]
    [InlineData(125, 2)]
    [InlineData(126, 4)]
    [InlineData(65_535, 4)]
    [InlineData(65_536, 10)]
    [InlineData(1_048_576, 10)]
    public void A_header_is_as_short_as_the_RFC_allows_and_the_frame_decodes_to_its_payload(int bytes, int header)
    {
        var payload = Enumerable.Range(0, bytes).Select(i => (byte)('a' + (i % 26))).ToArray();
        var frame = ServerFrame.TextFrame(payload);

        Assert.Equal(header, ServerFrame.HeaderBytes(bytes));
        Assert.Equal(header + bytes, frame.Length);
        Assert.Equal(frame.Length, ServerFrame.Length(frame));
        var read = WireFrames.ReadOne(frame);
        Assert.Equal(1, read.Opcode);
        Assert.Equal(payload, read.Payload);
    }

    [Fact]
    public void A_close_frame_has_its_code_and_as_much_of_the_reason_as_fits_in_whole_characters()
    {
        var close = WireFrames.ReadOne(ServerFrame.CloseFrame(1013, "too slow"));
        Assert.Equal(
            (WireFrame.Close, 1013, "too slow"), (close.Opcode, close.CloseCode, Encoding.UTF8.GetString(close.Payload[2..])));

        // 42 characters of 3 bytes would be 126.
        var cut = WireFrames.ReadOne(ServerFrame.CloseFrame(1011, new string('慢', 42)));
        Assert.Equal(new string('慢', 41), Encoding.UTF8.GetString(cut.Payload[2..]));
    }

    [Fact]
    public void A_push_is_wrapped_byte_for_byte()
    {
        var message = new Message(42, """{ "type":"test" , "data":{"é":1.0e2}}"""u8.ToArray(), IsNotification: false);

        Assert.Equal("""{ "type":"test" , "data":{"é":1.0e2}}""", Plain(message).Text);
        Assert.Equal(
            """{"type":"message","channel":"all","offset":42,"data":{ "type":"test" , "data":{"é":1.0e2}}}""",
            Envelope(message).Text);
    }

    [Fact]
    public void A_notification_is_wrapped_without_the_envelope_of_the_guide()
    {
        var draft = new NotificationDraft(
            "windows", "標題", "m", "info", "normal", null, null, null, null, null, null, DateTimeOffset.UnixEpoch);
        var payload = NotificationJson.Payload(Notification.AsPublished(GrainKeys.PublicChannel, 7, draft), TimeZoneInfo.Utc);
        var message = new Message(7, payload, IsNotification: true);

        var notification = Encoding.UTF8.GetString(NotificationJson.Data(payload));
        Assert.Equal($$"""{"type":"new_notification","data":{{notification}}}""", Plain(message).Text);
        Assert.Equal($$"""{"type":"message","channel":"all","offset":7,"data":{{notification}}}""", Envelope(message).Text);
        Assert.Equal("標題", Envelope(message).Json.GetProperty("data").GetProperty("title").GetString());
    }

    [Fact]
    public void No_message_needs_more_than_the_overhead_that_is_reserved_for_it() =>
        Gen.Select(Gen.Long[1, long.MaxValue], Gen.Int[0, 70_000]).Sample((offset, bytes) =>
        {
            var message = new Message(offset, new byte[bytes], IsNotification: false);
            var target = new byte[bytes + WireForm.MaxOverheadBytes];
            Assert.Equal(ServerFrame.HeaderBytes(bytes) + bytes, WireForm.WritePlain(target, message));
            var length = WireForm.WriteEnvelope(target, message);
            Assert.Equal(length, ServerFrame.Length(target));
        });

    private static WireFrame Plain(Message message) => Written(WireForm.WritePlain, message);

    private static WireFrame Envelope(Message message) => Written(WireForm.WriteEnvelope, message);

    private static WireFrame Written(FrameWriter write, Message message)
    {
        var target = new byte[message.Payload.Length + WireForm.MaxOverheadBytes];
        return WireFrames.ReadOne(target.AsSpan(0, write(target, message)));
    }
}
