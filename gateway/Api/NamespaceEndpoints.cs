using Microsoft.AspNetCore.Http.HttpResults;
using NotifyHub.Gateway.Access;
using NotifyHub.Gateway.Cluster;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <summary><c>/api/namespaces</c>: the options of channels, for administrators.</summary>
internal static class NamespaceEndpoints
{
    public static void MapNamespaces(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/namespaces").RequireAuthorization(Permissions.ManageNamespaces).WithTags("channels");
        group.MapGet("", ListAsync).LimitedAsList()
            .Summary("List the namespaces that have options of their own, and the namespace default, with the options in effect.")
            .Fails(ErrorCatalogue.ValidationError);
        group.MapGet("/{name}", GetAsync).Summary("Read the options in effect in a namespace.")
            .Fails(ErrorCatalogue.ValidationError);
        group.MapPut("/{name}", SetAsync).Audited("namespace.set").Takes<NewNamespace>(BodyLimits.Small)
            .Summary("Replace the options of a namespace: in effect here at once, at the other gateways within 2 s.")
            .Fails(ErrorCatalogue.Conflict);
        group.MapDelete("/{name}", DeleteAsync).Audited("namespace.delete")
            .Summary("Take all options of a namespace from the namespace default again.")
            .Fails(ErrorCatalogue.ValidationError, ErrorCatalogue.NotFound);
    }

    private static async Task<Results<Ok<Envelope<NamespacePageView>>, Failure>> ListAsync(
        NamespaceFollower namespaces, string? page, string? limit, CancellationToken cancellation)
    {
        var faults = new Faults();
        var paging = Paging.Read(page, limit, faults);
        if (faults.Any) return Failure.Invalid(faults);

        var snapshot = await namespaces.ReadAsync(cancellation);
        string[] names =
        [
            ChannelName.DefaultNamespace,
            .. snapshot.Settings.Keys.Where(name => name != ChannelName.DefaultNamespace).Order(StringComparer.Ordinal),
        ];
        var views = names.Skip((paging.Page - 1) * paging.Limit).Take(paging.Limit)
            .Select(name => NamespaceView.Of(snapshot, name));
        return Reply.Ok(new NamespacePageView([.. views], names.Length, paging.Page, paging.Limit));
    }

    private static async Task<Results<Ok<Envelope<NamespaceView>>, Failure>> GetAsync(
        NamespaceFollower namespaces, string name, CancellationToken cancellation) =>
        NamespaceRules.Refusal(name) is { } refusal
            ? refusal
            : Reply.Ok(NamespaceView.Of(await namespaces.ReadAsync(cancellation), name));

    private static async Task<Results<Ok<Envelope<NamespaceView>>, Failure>> SetAsync(
        HttpRequest request, IGrainFactory grains, NamespaceFollower namespaces, string name, CancellationToken cancellation)
    {
        if (NamespaceRules.Refusal(name) is { } refusal) return refusal;
        var faults = new Faults();
        var settings = NamespaceRules.Read(await RequestBody.ReadAsync(request, cancellation), name, faults);
        if (settings is null) return Failure.Invalid(faults);
        if (!await Namespaces(grains).SetAsync(name, settings))
        {
            faults.Add("name", new(
                $"已有 {NamespaceSnapshot.MaxNamespaces} 個命名空間",
                $"there are {NamespaceSnapshot.MaxNamespaces} namespaces already"));
            return new Failure(ErrorCatalogue.Conflict, faults);
        }

        return Reply.Ok(NamespaceView.Of(await namespaces.ReadAsync(cancellation), name));
    }

    private static async Task<Results<Ok<Envelope<NamespaceView>>, Failure>> DeleteAsync(
        IGrainFactory grains, NamespaceFollower namespaces, string name, CancellationToken cancellation)
    {
        if (NamespaceRules.Refusal(name) is { } refusal) return refusal;
        return await Namespaces(grains).DeleteAsync(name)
            ? Reply.Ok(NamespaceView.Of(await namespaces.ReadAsync(cancellation), name))
            : new Failure(ErrorCatalogue.NotFound);
    }

    private static INamespaceGrain Namespaces(IGrainFactory grains) => grains.GetGrain<INamespaceGrain>(GrainKeys.Only);
}
