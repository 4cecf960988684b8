using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using NotifyHub.Gateway.Access;
using NotifyHub.Gateway.Network;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <summary><c>/api/audit</c>: what people have done and who logged in, for administrators.</summary>
internal static partial class AuditEndpoints
{
    private const int TargetLength = 512;

    public static void MapAudit(this IEndpointRouteBuilder app) =>
        app.MapGet("/api/audit", ListAsync).LimitedAsList().RequireAuthorization(Permissions.ReadAudit).WithTags("audit")
            .Summary("List acts of users and logins, newest first. act matches the beginning of the act; "
                + "outcome is attempted, done or refused.")
            .Fails(ErrorCatalogue.ValidationError);

    /// <summary>Puts the endpoint's acts into the audit log. An act is begun only when its entry is durable (503 otherwise), so
    /// that every act has one, even if a process dies during it; the outcome is added to the entry before the
    /// answer.</summary>
    /// <param name="act">What is written down, such as <c>user.create</c>.</param>
    public static RouteHandlerBuilder Audited(this RouteHandlerBuilder endpoint, string act) =>
        endpoint.WithMetadata(new AuditedAct(act)).AddEndpointFilter((context, next) => RecordAsync(act, context, next));

    private static async ValueTask<object?> RecordAsync(
        string act, EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var services = http.RequestServices;
        var audit = services.GetRequiredService<IGrainFactory>().GetGrain<IAuditGrain>(GrainKeys.Only);
        var path = http.Request.Path.Value ?? "";
        var entry = new AuditEntry(
            services.GetRequiredService<TimeProvider>().GetUtcNow(),
            http.User.Known() ?? "-",
            act,
            UsageLog.Cut(path, TargetLength),
            http.CallerAddress(),
            AuditOutcome.Attempted);
        var id = await audit.BeginAsync(entry);

        object? result;
        try
        {
            result = await next(context);
        }
        catch (Exception refused) when (refused is BadHttpRequestException or RefusedException)
        {
            // Its body could not even be read.
            await EndAsync(AuditOutcome.Refused, entry.Target);
            throw;
        }

        // An act that fails otherwise may have been done or not: its entry goes on saying that it was attempted.
        var answer = result is INestedHttpResult nested ? nested.Result : result;
        if (answer is not IStatusCodeHttpResult { StatusCode: < 500 and var status }) return result;
        // What was made is not in the path that it was made by.
        var target = answer is not IValueHttpResult { Value: IEnvelope { Data: var data } } ? entry.Target
            : data is IMade made && status == StatusCodes.Status201Created ? UsageLog.Cut($"{path}/{made.Id}", TargetLength)
            : data is IConcerning { Subject: var subject } ? UsageLog.Cut($"{path}/{subject}", TargetLength)
            : entry.Target;
        await EndAsync(status < 300 ? AuditOutcome.Done : AuditOutcome.Refused, target);
        return result;

        async Task EndAsync(string outcome, string target)
        {
            try
            {
                await audit.EndAsync(id, outcome, target);
            }
            catch (Exception failure) when (GridCall.IsOutage(failure))
            {
                // The act has its entry, and the caller must get the act's own result.
                LogNotEnded(services.GetRequiredService<ILogger<AuditedAct>>(), id, act, outcome, failure.Message);
            }
        }
    }

    [LoggerMessage(7001, LogLevel.Warning, "Audit entry {Id} still says that {Act} was attempted, but it was {Outcome}: {Error}")]
    private static partial void LogNotEnded(ILogger logger, long id, string act, string outcome, string error);

    private static async Task<Results<Ok<Envelope<AuditPageView>>, Failure>> ListAsync(
        IGrainFactory grains, string? from, string? to, string? who, string? act, string? search,
        [AllowedValues("all", "attempted", "done", "refused")] string? outcome, string? page, string? limit)
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
            paging.Limit,
            Paging.Filter("outcome", outcome, AuditOutcome.All, faults));
        if (faults.Any) return Failure.Invalid(faults);

        var found = await grains.GetGrain<IAuditGrain>(GrainKeys.Only).ListAsync(query);
        return Reply.Ok(new AuditPageView(
            [.. found.Entries.Select(AuditView.Of)], found.Total, paging.Page, paging.Limit, found.IsTruncated));
    }
}
