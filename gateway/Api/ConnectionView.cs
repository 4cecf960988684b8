using System.ComponentModel.DataAnnotations;
using System.Globalization;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

public sealed record ConnectionView(
    string Id,
    string ConnectionId,
    string IpAddress,
    string UserAgent,
    [property: AllowedValues("connected", "disconnected", "error")] string Status,
    string ConnectedAt,
    string? DisconnectedAt,
    string? LastPingAt,
    long MessagesSent,
    long MessagesReceived,
    int ErrorCount,
    string? LastError,
    ConnectionMetadata Metadata)
{
    public static ConnectionView Of(Session session, TimeZoneInfo zone) => new(
        session.Id.ToString(CultureInfo.InvariantCulture),
        session.Opened.ConnectionId,
        session.Opened.IpAddress,
        session.Opened.UserAgent,
        session.Status,
        NotificationJson.LocalTime(session.Opened.ConnectedAt, zone),
        session.DisconnectedAt is { } ended ? NotificationJson.LocalTime(ended, zone) : null,
        session.Counters.LastPingAt is { } ping ? NotificationJson.LocalTime(ping, zone) : null,
        session.Counters.Sent,
        session.Counters.Received,
        session.Counters.Errors,
        session.Counters.LastError,
        new ConnectionMetadata(session.GatewayId, session.Opened.Protocol, session.Opened.User));
}
