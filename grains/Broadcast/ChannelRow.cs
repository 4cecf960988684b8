using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Storage;

namespace NotifyHub.Grains.Broadcast;

/// <summary>A message of a channel as it is read.</summary>
internal sealed class ChannelRow
{
    /// <summary>Its columns, of a table <c>m</c>.</summary>
    public const string Columns =
        """
        m."offset" AS "Offset", m.channel AS Channel, m.created_at AS CreatedAt, m.expires_at AS ExpiresAt, m.key AS "Key",
        m.priority AS Priority, m.user_name AS UserName, m.retracts AS Retracts, m.is_notification AS IsNotification,
        m.payload AS Payload
        """;

    public long Offset { get; init; }
    public string Channel { get; init; } = "";
    public long CreatedAt { get; init; }
    public long? ExpiresAt { get; init; }
    public string? Key { get; init; }
    public string? Priority { get; init; }
    public string? UserName { get; init; }
    public long? Retracts { get; init; }
    public bool IsNotification { get; init; }
    public byte[] Payload { get; init; } = [];

    /// <summary>How many rows there would be without the limit of bytes.</summary>
    public int Candidates { get; init; }

    public Message ToMessage() => new(
        Offset,
        Payload,
        IsNotification,
        new ChannelPart(
            Channel, StoredTime.Of(CreatedAt), Key, StoredTime.Of(ExpiresAt), Priority, UserName, Retracts));
}
