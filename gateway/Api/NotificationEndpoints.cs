using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Access;
using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Settings;
using NotifyHub.Gateway.Telemetry;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <summary><c>/api/notifications/windows</c></summary>
internal static class NotificationEndpoints
{
    private const string Route = "/api/notifications/windows";

    public static void MapNotifications(this IEndpointRouteBuilder app)
    {
        var batchBytes = app.ServiceProvider.GetRequiredService<IOptions<GatewayOptions>>().Value.RequestBytes;
        // Side by side: the policies of a group within a group would all have to be met, and a key to publish is none to read.
        var reading = app.MapGroup(Route).RequireAuthorization(Permissions.Read).WithTags("notifications");
        reading.MapGet("", ListAsync).LimitedAsList()
            .Summary("List notifications, newest first.").Fails(ErrorCatalogue.ValidationError);
        reading.MapGet("/pending", PendingAsync).LimitedAsList()
            .Summary("List notifications that no client has received, newest first.").Fails(ErrorCatalogue.ValidationError);
        reading.MapGet("/stats", StatsAsync).LimitedAsList().Summary("Count notifications.");
        reading.MapGet("/{id:long}", GetAsync).Summary("Read one notification.").Fails(ErrorCatalogue.NotFound);

        var publishing = app.MapGroup(Route).RequireAuthorization(Permissions.Publish).WithTags("notifications");
        publishing.MapPost("", CreateAsync).Takes<NewNotification>(BodyLimits.Notification)
            .Summary("Publish a notification to every connected client.").Publishes().Fails(ErrorCatalogue.Conflict);
        publishing.MapPost("/batch", CreateBatchAsync).Takes<NewNotification[]>(batchBytes)
            .Summary("Publish 1 to 1,000 notifications, all or nothing.").Publishes().Fails(ErrorCatalogue.Conflict);
        publishing.MapPatch("/{id:long}/status", SetStatusAsync).Takes<NewStatus>(BodyLimits.Small)
            .Summary("Set the status of a notification.").Fails(ErrorCatalogue.ValidationError, ErrorCatalogue.NotFound);
        publishing.MapDelete("/{id:long}", DeleteAsync).Audited("notification.delete")
            .RequireAuthorization(Permissions.DeleteNotifications)
            .Summary("Delete a notification from the lists. Its message stays in the log: clients that resume still get it.")
            .Fails(ErrorCatalogue.NotFound);
    }

    private static async Task<Results<Created<Envelope<NotificationView>>, Failure>> CreateAsync(
        HttpContext context, IGrainFactory grains, Publisher publisher, IOptions<GatewayOptions> options, TimeProvider time,
        CancellationToken cancellation)
    {
        var faults = new Faults();
        var key = RequestBody.IdempotencyKey(context, "notification", faults);
        var body = await RequestBody.ReadAsync(context.Request, cancellation);
        var now = time.GetUtcNow();
        var draft = NotificationRules.Read(body, now, faults);
        if (draft is null || faults.Any) return Failure.Invalid(faults);

        var batch = new PublishBatch([Draft.Of(draft)], key, now, RequestBody.Hash(key, body));
        var published = await PublishAsync(grains, publisher, batch, options.Value.Zone());
        return published is [var one]
            ? Reply.Created($"{Route}/{one.Id}", one.View)
            : Gone(faults);
    }

    private static async Task<Results<Created<Envelope<NotificationList>>, Failure>> CreateBatchAsync(
        HttpContext context, IGrainFactory grains, Publisher publisher, IOptions<GatewayOptions> options, TimeProvider time,
        CancellationToken cancellation)
    {
        var faults = new Faults();
        var key = RequestBody.IdempotencyKey(context, "notifications", faults);
        var body = await RequestBody.ReadAsync(context.Request, cancellation);
        var now = time.GetUtcNow();
        var elements = RequestBody.Elements(body, faults);
        var drafts = elements.Select((element, index) => NotificationRules.Read(element, now, faults.Of(index))).ToArray();
        if (faults.Any) return Failure.Invalid(faults);

        var batch = new PublishBatch([.. drafts.Select(draft => Draft.Of(draft!))], key, now, RequestBody.Hash(key, body));
        var published = await PublishAsync(grains, publisher, batch, options.Value.Zone());
        return published is not null
            ? Reply.Created(Route, new NotificationList([.. published.Select(one => one.View)]))
            : Gone(faults);
    }

    private static Failure Gone(Faults faults)
    {
        faults.Add(RequestBody.IdempotencyHeader, new("先前已使用，其結果已不存在", "was used before, and its result is gone"));
        return new Failure(ErrorCatalogue.Conflict, faults);
    }

    /// <summary>Publishes, and answers what was published in the same form as it went out. A repeated key is answered from the
    /// log, byte for byte as the first time; null when the log no longer has it.</summary>
    private static async Task<List<(long Id, NotificationView View)>?> PublishAsync(
        IGrainFactory grains, Publisher publisher, PublishBatch publish, TimeZoneInfo zone)
    {
        var result = await publisher.PublishAsync(publish, PublishSource.Rest);
        if (!result.Repeated)
        {
            return [.. publish.Drafts.Select((draft, index) => View(result.FirstOffset + index, draft.Fields!))];

            (long, NotificationView) View(long offset, NotificationDraft draft) =>
                (offset, NotificationView.Of(Notification.AsPublished(GrainKeys.PublicChannel, offset, draft), zone));
        }

        var channel = grains.GetGrain<IBroadcastGrain>(GrainKeys.Log(GrainKeys.PublicChannel));
        var published = new List<(long, NotificationView)>(result.Count);
        while (published.Count < result.Count)
        {
            var next = result.FirstOffset + published.Count;
            var batch = await channel.ReadAsync(next - 1, result.Count - published.Count);
            if (batch.Messages is not [{ IsNotification: true } first, ..] || first.Offset != next) return null;
            published.AddRange(batch.Messages.Select(message => (message.Offset, NotificationView.Of(message))));
        }

        return published;
    }

    private static async Task<Results<Ok<Envelope<NotificationPageView>>, Failure>> ListAsync(
        IGrainFactory grains, IOptions<GatewayOptions> options,
        [AllowedValues("all", "pending", "delivered", "read", "dismissed", "expired")] string? status,
        [AllowedValues("all", "info", "success", "warning", "error", "critical")] string? severity,
        string? search, string? page, string? limit)
    {
        var faults = new Faults();
        var paging = Paging.Read(page, limit, faults);
        var query = new NotificationQuery(
            Paging.Filter("status", status, NotificationStatus.All, faults),
            Paging.Filter("severity", severity, Severity.All, faults),
            Paging.Search(search, faults),
            paging.Page,
            paging.Limit);
        if (faults.Any) return Failure.Invalid(faults);

        var found = await Notifications(grains).ListAsync(query);
        var zone = options.Value.Zone();
        var views = found.Notifications.Select(notification => NotificationView.Of(notification, zone));
        return Reply.Ok(new NotificationPageView([.. views], found.Total, paging.Page, paging.Limit, found.IsTruncated));
    }

    private static Task<Results<Ok<Envelope<NotificationPageView>>, Failure>> PendingAsync(
        IGrainFactory grains, IOptions<GatewayOptions> options, string? page, string? limit) =>
        ListAsync(grains, options, NotificationStatus.Pending, null, null, page, limit);

    private static async Task<Ok<Envelope<NotificationStatsView>>> StatsAsync(IGrainFactory grains)
    {
        var stats = await Notifications(grains).StatsAsync();
        return Reply.Ok(new NotificationStatsView(stats.Total, stats.Today, stats.ByStatus, stats.BySeverity));
    }

    private static async Task<Results<Ok<Envelope<NotificationView>>, Failure>> GetAsync(
        IGrainFactory grains, IOptions<GatewayOptions> options, long id) =>
        await Notifications(grains).GetAsync(id) is { } notification
            ? Reply.Ok(NotificationView.Of(notification, options.Value.Zone()))
            : new Failure(ErrorCatalogue.NotFound);

    private static async Task<Results<Ok<Envelope<NotificationView>>, Failure>> SetStatusAsync(
        HttpRequest request, IGrainFactory grains, IOptions<GatewayOptions> options, long id, CancellationToken cancellation)
    {
        var faults = new Faults();
        var fields = JsonFields.Parse(await RequestBody.ReadAsync(request, cancellation), faults, "status");
        var status = fields?.Choice("status", NotificationStatus.All);
        if (status is null || faults.Any) return Failure.Invalid(faults);

        return await Notifications(grains).SetStatusAsync(id, status) is { } notification
            ? Reply.Ok(NotificationView.Of(notification, options.Value.Zone()))
            : new Failure(ErrorCatalogue.NotFound);
    }

    private static async Task<Results<Ok<Envelope<NotificationDeleted>>, Failure>> DeleteAsync(IGrainFactory grains, long id) =>
        await Notifications(grains).DeleteAsync(id)
            ? Reply.Ok(new NotificationDeleted(id))
            : new Failure(ErrorCatalogue.NotFound);

    private static INotificationGrain Notifications(IGrainFactory grains) => grains.GetGrain<INotificationGrain>(GrainKeys.Only);
}
