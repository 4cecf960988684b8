using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Access;
using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Push;
using NotifyHub.Gateway.Settings;
using NotifyHub.Gateway.Telemetry;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <summary><c>POST /api/push</c>: what a line on the internal push port does, over HTTP.</summary>
internal static class PushEndpoints
{
    public static void MapPush(this IEndpointRouteBuilder app) =>
        app.MapPost("/api/push", PushAsync).RequireAuthorization(Permissions.Publish).WithTags("push")
            .Takes<JsonObject>(app.ServiceProvider.GetRequiredService<IOptions<GatewayOptions>>().Value.RequestBytes)
            .Summary("Broadcast one JSON object unchanged, or an array of 1 to 1,000 of them, all or nothing.")
            .Publishes().Fails(ErrorCatalogue.Conflict);

    private static async Task<Results<Ok<Envelope<Pushed>>, Failure>> PushAsync(
        HttpContext context, Publisher publisher, IOptions<GatewayOptions> options, TimeProvider time,
        CancellationToken cancellation)
    {
        var faults = new Faults();
        var key = RequestBody.IdempotencyKey(context, "push", faults);
        var body = await RequestBody.ReadAsync(context.Request, cancellation);
        var acceptedAt = time.GetUtcNow();

        var isBatch = RequestBody.IsArray(body.Span);
        var payloads = isBatch ? RequestBody.Elements(body, faults) : [body];
        for (var index = 0; index < payloads.Count; index++)
        {
            if (payloads[index].Length > options.Value.PushLineBytes) return new Failure(ErrorCatalogue.PayloadTooLarge);
            if (PushedJson.Fault(payloads[index].Span) is { } fault)
                (isBatch ? faults.Of(index) : faults).Add(Faults.Body, new($"不正確的 JSON 物件：{fault}", fault));
        }

        if (faults.Any) return Failure.Invalid(faults);

        var drafts = payloads.Select(payload => Draft.Push(payload.ToArray())).ToArray();
        var publish = new PublishBatch(drafts, key, acceptedAt, RequestBody.Hash(key, body));
        var result = await publisher.PublishAsync(publish, PublishSource.Rest);
        return Reply.Ok(isBatch
            ? new Pushed(
                GrainKeys.PublicChannel, null, [.. Enumerable.Range(0, result.Count).Select(i => result.FirstOffset + i)])
            : new Pushed(GrainKeys.PublicChannel, result.FirstOffset, null));
    }
}
