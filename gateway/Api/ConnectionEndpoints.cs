using System.ComponentModel.DataAnnotations;
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
