using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using NotifyHub.Gateway.Access;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <summary><c>/api/usage</c>: who asked the API for what.</summary>
internal static class UsageEndpoints
{
    private const int MaxDays = 90;
    private const int Week = 7;

    public static void MapUsage(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/usage").RequireAuthorization(Permissions.ReadUsage).WithTags("usage");
        group.MapGet("/requests", RequestsAsync).LimitedAsList()
            .Summary("List the API requests of the whole grid, newest first. status is a number or 2xx to 5xx; "
                + "path matches the beginning of the path.")
            .Fails(ErrorCatalogue.ValidationError);
        group.MapGet("/anonymous", AnonymousAsync).LimitedAsList()
            .Summary("List requests without a login, added up per minute, address and endpoint, newest first.")
            .Fails(ErrorCatalogue.ValidationError);
        group.MapGet("/summary", SummaryAsync).LimitedAsList()
            .Summary("Count API requests per day and endpoint (7 days, at most 90).")
            .Fails(ErrorCatalogue.ValidationError);
    }

    private static async Task<Results<Ok<Envelope<RequestPageView>>, Failure>> RequestsAsync(
        IGrainFactory grains, string? from, string? to, string? method, string? path, string? status, string? who, string? search,
        string? page, string? limit)
    {
        var faults = new Faults();
        var paging = Paging.Read(page, limit, faults);
        var (lowest, highest) = Status(status, faults);
        var query = new ApiRequestQuery(
            Paging.Time("from", from, faults),
            Paging.Time("to", to, faults),
            Paging.Search(method, faults, "method")?.ToUpperInvariant(),
            Paging.Search(path, faults, "path"),
            lowest,
            highest,
            Paging.Search(who, faults, "who"),
            Paging.Search(search, faults),
            paging.Page,
            paging.Limit);
        if (faults.Any) return Failure.Invalid(faults);

        var found = await Usage(grains).RequestsAsync(query);
        return Reply.Ok(new RequestPageView(
            [.. found.Requests.Select(RequestView.Of)], found.Total, paging.Page, paging.Limit, found.IsTruncated));
    }

    private static async Task<Results<Ok<Envelope<AnonymousPageView>>, Failure>> AnonymousAsync(
        IGrainFactory grains, string? page, string? limit)
    {
        var faults = new Faults();
        var paging = Paging.Read(page, limit, faults);
        if (faults.Any) return Failure.Invalid(faults);

        var found = await Usage(grains).AnonymousAsync(paging.Page, paging.Limit);
        return Reply.Ok(new AnonymousPageView([.. found.Sums.Select(AnonymousView.Of)], found.Total, paging.Page, paging.Limit));
    }

    private static async Task<Results<Ok<Envelope<UsageSummaryView>>, Failure>> SummaryAsync(IGrainFactory grains, string? days)
    {
        var faults = new Faults();
        var wanted = Paging.Number("days", days, Week, MaxDays, faults);
        return faults.Any ? Failure.Invalid(faults) : Reply.Ok(UsageSummaryView.Of(await Usage(grains).SummaryAsync(wanted)));
    }

    private static (int? Lowest, int? Highest) Status(string? text, Faults faults)
    {
        if (text is null or "" or "all") return (null, null);
        if (text is [>= '1' and <= '5' and var hundreds, 'x' or 'X', 'x' or 'X'])
            return ((hundreds - '0') * 100, (hundreds - '0') * 100 + 99);
        var isNumber = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var status);
        if (isNumber && status is >= 100 and <= 599) return (status, status);
        faults.Add("status", new("必須是 100 到 599 的數字，或 1xx 到 5xx", "must be a number from 100 to 599, or 1xx to 5xx"));
        return (null, null);
    }

    private static IUsageGrain Usage(IGrainFactory grains) => grains.GetGrain<IUsageGrain>(GrainKeys.Only);
}
