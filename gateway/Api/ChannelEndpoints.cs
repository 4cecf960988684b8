using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using NotifyHub.Gateway.Access;
using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Settings;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <summary><c>/api/channels/{channel}</c>: what a channel retains, and its options.</summary>
internal static class ChannelEndpoints
{
    private const string Route = "/api/channels/{channel}";

    public static void MapChannels(this IEndpointRouteBuilder app)
    {
        var reading = app.MapGroup(Route).RequireAuthorization(Permissions.ReadChannels).WithTags("channels");
        reading.MapGet("", Get).Summary("Read the options in effect for a channel.").Fails(ErrorCatalogue.InvalidChannel);
        reading.MapGet("/messages", ReadAsync).LimitedAsList()
            .Summary("Read a channel's retained messages: the newest (limit or last), those before an offset, or those since "
                + "one.")
            .Fails(ErrorCatalogue.ValidationError);
        app.MapDelete(Route + "/messages/{offset:long}", RetractAsync)
            .RequireAuthorization(Permissions.PublishToChannels).WithTags("channels")
            .Summary("Take a message back: it counts as not retained, and whoever may have it is told.")
            .Fails(ErrorCatalogue.ValidationError, ErrorCatalogue.NotFound);
    }

    /// <summary>Why this is not the name of a channel.</summary>
    public static Text NoName(string name) => ChannelName.IsPattern(name)
        ? new("此處必須是名稱，不得為樣式", "is a pattern; a name is needed here")
        : new("不是頻道名稱", "is not the name of a channel");

    private static Results<Ok<Envelope<ChannelView>>, Failure> Get(
        HttpContext context, ChannelAccess access, Namespaces namespaces, IOptions<GatewayOptions> options, string channel)
    {
        if (Refusal(context, options.Value, channel, access.MaySubscribe) is { } refusal) return refusal;
        return Reply.Ok(ChannelView.Of(channel, namespaces.Of(channel)));
    }

    private static async Task<Results<Ok<Envelope<MessagePageView>>, Failure>> ReadAsync(
        HttpContext context, ChannelAccess access, ChannelHistory history, IOptions<GatewayOptions> options,
        string channel, string? before, string? since, string? last, string? limit)
    {
        if (Refusal(context, options.Value, channel, access.MayReadHistory) is { } refusal) return refusal;
        var faults = new Faults();
        var range = new HistoryRange(
            Paging.Offset("before", before, faults),
            Paging.Offset("since", since, faults),
            last is null
                ? Paging.Number("limit", limit, Paging.DefaultLimit, Paging.MaxLimit, faults)
                : Paging.Number("last", last, Paging.DefaultLimit, Paging.MaxLimit, faults));
        string?[] places = [before, since, last];
        if (places.Count(place => place is not null) > 1)
            faults.Add("since", new("before、since、last 只能擇一", "only one of before, since and last can be given"));
        if (faults.Any) return Failure.Invalid(faults);

        var (messages, hasMore) = await history.ReadAsync(channel, range);
        return Reply.Ok(new MessagePageView([.. messages.Select(message => new MessageView(channel, message))], hasMore));
    }

    private static async Task<Results<Ok<Envelope<MessageRetracted>>, Failure>> RetractAsync(
        HttpContext context, ChannelLogs logs, string channel, long offset)
    {
        if (InvalidName(channel) is { } invalid) return invalid;
        if (!context.User.MayPublishTo(channel)) return new Failure(ErrorCatalogue.Forbidden);
        if (channel == GrainKeys.PublicChannel)
        {
            var faults = new Faults();
            faults.Add("channel", new("頻道 all 的訊息無法收回", "messages of the channel all cannot be taken back"));
            return Failure.Invalid(faults);
        }

        return offset > 0 && await logs.GrainOf(channel).RetractAsync(channel, offset)
            ? Reply.Ok(new MessageRetracted(channel, offset))
            : new Failure(ErrorCatalogue.NotFound);
    }

    /// <summary>Why the caller may not do that in the channel; null: it may.</summary>
    private static Failure? Refusal(
        HttpContext context, GatewayOptions options, string channel, Func<ClientPrincipal, string, bool> may)
    {
        var (client, headers) = (context.AsClient(), context.Request.Headers);
        var isAnonymous = client == ClientPrincipal.Anonymous;
        // A wrong token is refused even where none is required.
        var showsToken = headers.ContainsKey(HeaderNames.Authorization) || headers.ContainsKey(ApiKeyAuthentication.Header);
        if (isAnonymous && (showsToken || options.RequireToken)) return new Failure(ErrorCatalogue.Unauthorized);
        if (InvalidName(channel) is { } invalid) return invalid;
        if (client is not null && may(client, channel)) return null;
        return new Failure(isAnonymous ? ErrorCatalogue.Unauthorized : ErrorCatalogue.Forbidden);
    }

    private static Failure? InvalidName(string channel)
    {
        if (channel.StartsWith('$')) return new Failure(ErrorCatalogue.Forbidden);
        if (ChannelName.IsValid(channel)) return null;
        var faults = new Faults();
        faults.Add("channel", NoName(channel));
        return new Failure(ErrorCatalogue.InvalidChannel, faults);
    }
}
