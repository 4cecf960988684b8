using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Access;
using NotifyHub.Gateway.Settings;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <summary><c>/api/keys</c>: API keys of internal services, for administrators.</summary>
internal static class ApiKeyEndpoints
{
    private const string Route = "/api/keys";

    public static void MapApiKeys(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup(Route).RequireAuthorization(Permissions.ManageKeys).WithTags("keys");
        group.MapPost("", CreateAsync).Audited("key.create").Takes<NewKey>(BodyLimits.Key)
            .Summary("Create an API key. It is shown only in this answer.").Fails(ErrorCatalogue.ValidationError);
        group.MapGet("", ListAsync).LimitedAsList()
            .Summary("List API keys, newest first, including revoked ones.");
        group.MapDelete("/{id:long}", RevokeAsync).Audited("key.revoke")
            .Summary("Revoke an API key: at this gateway at once, at the others within 5 s.").Fails(ErrorCatalogue.NotFound);
    }

    private static async Task<Results<Created<Envelope<CreatedKeyView>>, Failure>> CreateAsync(
        HttpRequest request, ClaimsPrincipal caller, IGrainFactory grains, IOptions<GatewayOptions> options,
        CancellationToken cancellation)
    {
        var faults = new Faults();
        var fields = JsonFields.Parse(await RequestBody.ReadAsync(request, cancellation), faults, "name", "scopes", "channels");
        var name = fields?.RequiredText("name", 1, NewKey.NameLength);
        var scopes = fields?.OptionalChoices("scopes", KeyScopes.All);
        var channels = fields?.OptionalTexts("channels");
        CheckChannels(channels ?? [], faults);
        if (name is null || faults.Any) return Failure.Invalid(faults);

        var (key, secret) = await Keys(grains).CreateAsync(name, caller.Email(), scopes, channels?.ToArray());
        var view = new CreatedKeyView(
            key.Id, key.Name, key.Prefix, secret, key.CreatedBy, NotificationJson.LocalTime(key.CreatedAt, options.Value.Zone()),
            key.Scopes ?? KeyScopes.Default, key.Channels);
        return Reply.Created($"{Route}/{key.Id}", view);
    }

    private static void CheckChannels(List<string> channels, Faults faults)
    {
        if (channels.Count > NewKey.MaxChannels)
            faults.Add("channels", new($"最多 {NewKey.MaxChannels} 個", $"must have at most {NewKey.MaxChannels} elements"));
        for (var index = 0; index < channels.Count; index++)
        {
            var limit = channels[index];
            if (limit == "*" || ChannelName.IsValid(limit) || ChannelName.IsPattern(limit)) continue;
            faults.Add($"channels[{index}]", new("不是頻道名稱或樣式", "is neither the name of a channel nor a pattern"));
        }
    }

    private static async Task<Ok<Envelope<KeyList>>> ListAsync(IGrainFactory grains, IOptions<GatewayOptions> options)
    {
        var zone = options.Value.Zone();
        var keys = await Keys(grains).ListAsync();
        return Reply.Ok(new KeyList([.. keys.Select(key => new KeyView(
            key.Id,
            key.Name,
            key.Prefix,
            key.CreatedBy,
            NotificationJson.LocalTime(key.CreatedAt, zone),
            key.LastUsedAt is { } used ? NotificationJson.LocalTime(used, zone) : null,
            key.RevokedAt is { } revoked ? NotificationJson.LocalTime(revoked, zone) : null,
            key.Scopes ?? KeyScopes.Default,
            key.Channels))]));
    }

    private static async Task<Results<Ok<Envelope<KeyRevoked>>, Failure>> RevokeAsync(ApiKeys keys, long id) =>
        await keys.RevokeAsync(id) ? Reply.Ok(new KeyRevoked(id)) : new Failure(ErrorCatalogue.NotFound);

    private static IApiKeyGrain Keys(IGrainFactory grains) => grains.GetGrain<IApiKeyGrain>(GrainKeys.Only);
}
