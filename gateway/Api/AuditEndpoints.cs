using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <summary><c>/api/audit</c>: what administrators and operators have done, for administrators.</summary>
internal static class AuditEndpoints
{
    private const int TargetLength = 512;

    public static void MapAudit(this IEndpointRouteBuilder app) =>
        app.MapGet("/api/audit", ListAsync).LimitedAsList().RequireAuthorization(Callers.Administrator).WithTags("audit")
            .Summary("List what administrators and operators have done, newest first. act is what the act begins with.")
            .Fails(ErrorCatalogue.ValidationError);

    /// <summary>Puts the endpoint's acts into the audit log. One that succeeds is answered only when its entry is durable; when that fails, the
    /// answer is 503 and says nothing of the act, as with any answer that is lost.</summary>
    /// <param name="act">What is written down, such as <c>user.create</c>.</param>
    public static RouteHandlerBuilder Audited(this RouteHandlerBuilder endpoint, string act) => endpoint.AddEndpointFilter(async (context, next) =>
    {
        var result = await next(context);
        var answer = result is INestedHttpResult nested ? nested.Result : result;
        if (answer is not IStatusCodeHttpResult { StatusCode: >= 200 and < 300 and var status }) return result;

        var http = context.HttpContext;
        var path = http.Request.Path.Value ?? "";
        // What was made is not in the path that it was made by.
        var target = status == StatusCodes.Status201Created && answer is IValueHttpResult { Value: IEnvelope { Data: IMade made } } ? $"{path}/{made.Id}" : path;
        var services = http.RequestServices;
        await services.GetRequiredService<IGrainFactory>().GetGrain<IAuditGrain>(GrainKeys.Only).RecordAsync(new AuditEntry(
            services.GetRequiredService<TimeProvider>().GetUtcNow(),
            http.User.Known() ?? "-",
            act,
            UsageLog.Cut(target, TargetLength),
            http.CallerAddress()));
        return result;
    });

    private static async Task<Results<Ok<Envelope<AuditPageView>>, Failure>> ListAsync(
        IGrainFactory grains, string? from, string? to, string? who, string? act, string? search, string? page, string? limit)
    {
        var faults = new Faults();
        var paging = Paging.Read(page, limit, faults);
        var query = new AuditQuery(
            Paging.Time("from", from, faults),
            Paging.Time("to", to, faults),
            Paging.Search(who, faults, "who"),
            Paging.Search(act, faults, "act"),
            Paging.Search(search, faults),
            paging.Page,
            paging.Limit);
        if (faults.Any) return Failure.Invalid(faults);

        var found = await grains.GetGrain<IAuditGrain>(GrainKeys.Only).ListAsync(query);
        return Reply.Ok(new AuditPageView(
            [.. found.Entries.Select(AuditView.Of)], found.Total, paging.Page, paging.Limit, found.IsTruncated));
    }
}

/// <summary>The answer to the request that made it.</summary>
internal interface IMade
{
    long Id { get; }
}

/// <param name="At">RFC 3339, UTC.</param>
/// <param name="Act">What was done, such as user.create.</param>
/// <param name="Target">The path of what it was done to.</param>
public sealed record AuditView(long Id, DateTime At, string Who, string Act, string Target, string Address)
{
    public static AuditView Of(StoredAuditEntry stored)
    {
        var entry = stored.Entry;
        return new(stored.Id, entry.At.UtcDateTime, entry.Who, entry.Act, entry.Target, entry.Address);
    }
}

/// <param name="Truncated">Only in the answer when true: the search looked at the newest rows alone.</param>
public sealed record AuditPageView(
    IReadOnlyList<AuditView> Entries, long Total, int Page, int Limit,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Truncated = false);
