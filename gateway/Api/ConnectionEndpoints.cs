using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Access;
using NotifyHub.Gateway.Settings;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <summary><c>/api/websocket</c>: the clients of the whole grid.</summary>
internal static class ConnectionEndpoints
{
    // Longer than any id we give: what cannot be one need not travel to a silo.
    private const int MaxIdLength = 128;

    public static void MapConnections(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/websocket").RequireAuthorization(Permissions.Read).WithTags("connections");
        group.MapGet("/connections", ListAsync).LimitedAsList()
            .Summary("List connections of the whole grid, newest first.").Fails(ErrorCatalogue.ValidationError);
        group.MapDelete("/connections/{connectionId}", CloseAsync).Audited("connection.close")
            .RequireAuthorization(Permissions.CloseConnections)
            .Summary("Close one client with 1008, at whichever gateway it is.").Fails(ErrorCatalogue.NotFound);
        group.MapGet("/stats", StatsAsync).Summary("Connection and message counts of the whole grid, at most 2 s old.");
    }

    private static async Task<Results<Ok<Envelope<ConnectionPage>>, Failure>> ListAsync(
        IGrainFactory grains, IOptions<GatewayOptions> options,
        [AllowedValues("all", "connected", "disconnected", "error")] string? status, string? page, string? limit)
    {
        var faults = new Faults();
        var paging = Paging.Read(page, limit, faults);
        var wanted = Paging.Filter("status", status, SessionStatus.All, faults);
        if (faults.Any) return Failure.Invalid(faults);

        var zone = options.Value.Zone();
        var found = await Stats(grains).ConnectionsAsync(new SessionQuery(wanted, paging.Page, paging.Limit));
        return Reply.Ok(new ConnectionPage(
            [.. found.Sessions.Select(session => ConnectionView.Of(session, zone))], found.Total, paging.Page, paging.Limit));
    }

    private static async Task<Results<Ok<Envelope<ConnectionClosed>>, Failure>> CloseAsync(
        IGrainFactory grains, string connectionId) =>
        connectionId.Length <= MaxIdLength && await Stats(grains).CloseConnectionAsync(connectionId)
            ? Reply.Ok(new ConnectionClosed(connectionId))
            : new Failure(ErrorCatalogue.NotFound);

    private static async Task<Ok<Envelope<ConnectionStats>>> StatsAsync(IGrainFactory grains, IOptions<GatewayOptions> options) =>
        Reply.Ok(ConnectionStats.Of(await Stats(grains).StatsAsync(), options.Value.Zone()));

    private static IStatsGrain Stats(IGrainFactory grains) => grains.GetGrain<IStatsGrain>(GrainKeys.Only);
}

public sealed record ConnectionPage(IReadOnlyList<ConnectionView> Connections, long Total, int Page, int Limit);

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
        new ConnectionMetadata(session.GatewayId, session.Opened.Protocol));
}

/// <param name="Gateway">Which gateway holds, or held, the client.</param>
/// <param name="Protocol">The subprotocol, "" without one.</param>
public sealed record ConnectionMetadata(string Gateway, string Protocol);

public sealed record ConnectionClosed(string ConnectionId);

/// <param name="AvgConnectionDuration">Minutes.</param>
public sealed record ConnectionStats(
    long ActiveConnections,
    long TotalConnections,
    long ErrorConnections,
    long TodayConnections,
    double AvgConnectionDuration,
    IReadOnlyList<DailyTrend> DailyTrends,
    MessageStats MessageStats,
    IReadOnlyList<RecentError> RecentErrors)
{
    public static ConnectionStats Of(SessionStats stats, TimeZoneInfo zone) => new(
        stats.Active,
        stats.Total,
        stats.Errors,
        stats.Today,
        Math.Round(stats.AverageMinutes, 2),
        [.. stats.Days.Select(day => new DailyTrend(day.Date, day.Count, day.Active, day.Errors))],
        new MessageStats(stats.Sent, stats.Received, Each(stats.Sent, stats.Total), Each(stats.Received, stats.Total)),
        [.. stats.RecentErrors.Select(session => new RecentError(
            session.Opened.ConnectionId,
            session.Opened.IpAddress,
            session.Counters.LastError,
            session.Counters.Errors,
            NotificationJson.LocalTime(session.Opened.ConnectedAt, zone)))]);

    private static double Each(long messages, long connections) =>
        connections == 0 ? 0 : Math.Round((double)messages / connections, 2);
}

public sealed record DailyTrend(string Date, long Count, long Active, long Errors);

public sealed record MessageStats(
    long TotalSent, long TotalReceived, double AvgSentPerConnection, double AvgReceivedPerConnection);

public sealed record RecentError(string ConnectionId, string IpAddress, string? Error, int ErrorCount, string ConnectedAt);
