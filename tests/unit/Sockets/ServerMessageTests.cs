using System.Text;
using NotifyHub.Gateway.Sockets;
using Xunit;

namespace NotifyHub.UnitTests.Sockets;

public class ServerMessageTests
{
    private static readonly ClientError Later = new("UNAVAILABLE", "稍後 \"再\" 試", Again: true, AfterMs: 500);

    /// <summary>To the byte what clients that use no channels have always been sent.</summary>
    [Fact]
    public void An_error_has_its_old_form_unless_asked() => Assert.Equal(
        """{"type":"error","code":"UNAVAILABLE","message":"稍後 \"再\" 試"}""", Text(ServerMessage.Error(Later)));

    [Theory]
    [InlineData("7")]
    [InlineData("-1.0e3")]
    [InlineData("\"a\\u0062\"")]
    public void An_error_repeats_the_id_as_it_was(string id) => Assert.Equal(
        $$"""{"type":"error","id":{{id}},"code":"VALIDATION_ERROR","message":"epoch must be a string.","again":false}""",
        Text(ServerMessage.Error(ClientError.Epoch, Encoding.UTF8.GetBytes(id), withAgain: true)));

    [Fact]
    public void An_error_that_passes_says_when()
    {
        Assert.Equal(
            """{"type":"error","code":"UNAVAILABLE","message":"稍後 \"再\" 試","again":true,"after_ms":500}""",
            Text(ServerMessage.Error(Later, withAgain: true)));
        var unknown = Text(ServerMessage.Error(Later with { AfterMs = null }, withAgain: true));
        Assert.EndsWith("\"again\":true}", unknown, StringComparison.Ordinal);
    }

    [Fact]
    public void A_heartbeat_has_nothing_but_its_type() =>
        Assert.Equal("""{"type":"heartbeat"}""", Text(ServerMessage.Heartbeat));

    private static string Text(byte[] frame)
    {
        var read = WireFrames.ReadOne(frame);
        Assert.Equal(1, read.Opcode);
        return read.Text;
    }
}
