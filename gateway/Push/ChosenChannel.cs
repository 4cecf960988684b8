using System.Text;
using NotifyHub.Gateway.Channels;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Push;

/// <summary>The channel that the lines of a push connection go to: <c>all</c>, until a line <c>CHANNEL name</c> chooses
/// another.</summary>
internal sealed class ChosenChannel(ChannelDrafts drafts)
{
    // Null: the last choice was refused, and nothing may go where it was not meant.
    private string? _name = GrainKeys.PublicChannel;

    /// <summary>The lines go to <c>all</c>.</summary>
    public bool IsPublic => ReferenceEquals(_name, GrainKeys.PublicChannel);

    public static bool IsChoice(ReadOnlySpan<byte> line) =>
        line.StartsWith("CHANNEL"u8) && (line.Length == "CHANNEL".Length || line["CHANNEL".Length] == ' ');

    /// <summary>Answers why the channel is refused; null: it is chosen.</summary>
    public string? Choose(ReadOnlySpan<byte> line)
    {
        var name = Encoding.Latin1.GetString(line["CHANNEL".Length..]).TrimStart(' ');
        _name = name == GrainKeys.PublicChannel ? GrainKeys.PublicChannel : ChannelName.IsValid(name) ? name : null;
        return _name is not null ? null
            : name.StartsWith('$') ? "error: this channel is the system's"
            : "error: not a channel's name";
    }

    /// <summary>Why no line like this one may go to the channel, whatever is in it; null: it may.</summary>
    public string? Refusal(ReadOnlySpan<byte> line) =>
        IsPublic ? null
        : _name is null ? "no channel"
        : drafts.MaxBytes(_name) is { } max && line.Length > max ? $"longer than the {max} bytes of this channel's messages"
        : null;

    /// <summary>A draft of a line that is one JSON object and is not refused.</summary>
    public Draft Make(byte[] line) => drafts.Make(new ChannelMessage(_name!, line));
}
