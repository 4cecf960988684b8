using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Access;
using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Settings;
using NotifyHub.Gateway.Telemetry;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <summary><c>POST /api/publish</c>: to channels and to users.</summary>
internal static class PublishEndpoints
{
    public static void MapPublish(this IEndpointRouteBuilder app) =>
        app.MapPost("/api/publish", PublishAsync).RequireAuthorization(Permissions.PublishToChannels).WithTags("channels")
            .Takes<NewMessage>(app.ServiceProvider.GetRequiredService<IOptions<GatewayOptions>>().Value.RequestBytes)
            .Summary("Publish to a channel, to channels or to users, or an array of such messages: at most 10,000 channels per "
                + "call. Validated as a whole. The answer to channels, users or an array is a list, in order.")
            .Publishes().Fails(ErrorCatalogue.Conflict, ErrorCatalogue.RateLimited);

    private static async Task<Results<Ok<Envelope<Published>>, Ok<Envelope<IReadOnlyList<Published>>>, Failure>> PublishAsync(
        HttpContext context, Publisher publisher, ChannelDrafts drafts, IOptions<GatewayOptions> options, TimeProvider time,
        CancellationToken cancellation)
    {
        var body = await RequestBody.ReadAsync(context.Request, cancellation);
        var acceptedAt = time.GetUtcNow();
        var reader = new MessageReader(context.User, drafts, acceptedAt, options.Value.PushLineBytes);
        var key = RequestBody.IdempotencyKey(context, "publish", reader.Faults);
        var isList = reader.Read(body);
        if (reader.Refusal() is { } refusal) return refusal;

        var batch = new PublishBatch(
            [.. reader.Messages.Select(drafts.Make)], key, acceptedAt, RequestBody.Hash(key, body));
        var offsets = await publisher.PublishToChannelsAsync(batch, PublishSource.Rest);
        return isList
            ? Reply.Ok<IReadOnlyList<Published>>(
                [.. reader.Messages.Select((message, index) => new Published(message.Channel, offsets[index]))])
            : Reply.Ok(new Published(reader.Messages[0].Channel, offsets[0]));
    }
}
