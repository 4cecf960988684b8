using System.ComponentModel.DataAnnotations;
using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using NotifyHub.Gateway.Access;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <summary><c>/api/schedules</c>: notifications that are sent once or repeatedly at set times. Schedules run in the silos, also
/// while the service is stopped: what they send is stored then, like any notification.</summary>
internal static class ScheduleEndpoints
{
    private const string Route = "/api/schedules";
    private const int Previewed = 5;

    public static void MapSchedules(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup(Route).RequireAuthorization(Permissions.Read).WithTags("schedules");
        group.MapGet("", ListAsync).LimitedAsList()
            .Summary("List schedules, newest first.").Fails(ErrorCatalogue.ValidationError);
        group.MapGet("/{id:long}", GetAsync).Summary("Read one schedule.").Fails(ErrorCatalogue.NotFound);
        group.MapGet("/{id:long}/runs", RunsAsync).LimitedAsList().Summary("List the runs of a schedule, newest first.")
            .Fails(ErrorCatalogue.ValidationError, ErrorCatalogue.NotFound);
        group.MapPost("/preview", PreviewAsync).Takes<NewTimes>(BodyLimits.Small)
            .Summary("Preview the next runs (at most five) without storing a schedule.").Fails(ErrorCatalogue.ValidationError);

        var writing = group.MapGroup("").RequireAuthorization(Permissions.ManageSchedules);
        writing.MapPost("", CreateAsync).Audited("schedule.create").Takes<NewSchedule>(BodyLimits.Schedule)
            .Summary("Create a schedule: once, or by a cron expression in a time zone.").Fails(ErrorCatalogue.ValidationError);
        writing.MapPut("/{id:long}", ReplaceAsync).Audited("schedule.replace").Takes<NewSchedule>(BodyLimits.Schedule)
            .Summary("Replace a schedule. The next run is computed from now; a finished schedule is active again.")
            .Fails(ErrorCatalogue.ValidationError, ErrorCatalogue.NotFound);
        writing.MapDelete("/{id:long}", DeleteAsync).Audited("schedule.delete")
            .Summary("Delete a schedule and its history.").Fails(ErrorCatalogue.NotFound);
        writing.MapPost("/{id:long}/pause", PauseAsync).Audited("schedule.pause")
            .Summary("Pause a schedule.").Fails(ErrorCatalogue.NotFound, ErrorCatalogue.Conflict);
        writing.MapPost("/{id:long}/resume", ResumeAsync).Audited("schedule.resume")
            .Summary("Resume a paused schedule; runs during the pause do not count as missed.")
            .Fails(ErrorCatalogue.NotFound, ErrorCatalogue.Conflict);
        writing.MapPost("/{id:long}/run", RunAsync).Audited("schedule.run")
            .Summary("Send the notification now. The next run does not change.")
            .Fails(ErrorCatalogue.NotFound, ErrorCatalogue.Unavailable);
    }

    private static async Task<Results<Ok<Envelope<SchedulePageView>>, Failure>> ListAsync(
        IGrainFactory grains, [AllowedValues("all", "active", "paused", "finished")] string? status, string? search,
        string? page, string? limit)
    {
        var faults = new Faults();
        var paging = Paging.Read(page, limit, faults);
        var wanted = Paging.Filter("status", status, ScheduleStatus.All, faults);
        var query = new ScheduleQuery(wanted, Paging.Search(search, faults), paging.Page, paging.Limit);
        if (faults.Any) return Failure.Invalid(faults);

        var found = await Schedules(grains).ListAsync(query);
        return Reply.Ok(new SchedulePageView(
            [.. found.Schedules.Select(ScheduleView.Of)], found.Total, paging.Page, paging.Limit));
    }

    private static async Task<Results<Ok<Envelope<ScheduleView>>, Failure>> GetAsync(IGrainFactory grains, long id) =>
        Found(await Schedules(grains).GetAsync(id));

    private static async Task<Results<Ok<Envelope<RunPageView>>, Failure>> RunsAsync(
        IGrainFactory grains, long id, string? page, string? limit)
    {
        var faults = new Faults();
        var paging = Paging.Read(page, limit, faults);
        if (faults.Any) return Failure.Invalid(faults);

        return await Schedules(grains).RunsAsync(id, paging.Page, paging.Limit) is { } found
            ? Reply.Ok(new RunPageView([.. found.Runs.Select(RunView.Of)], found.Total, paging.Page, paging.Limit))
            : new Failure(ErrorCatalogue.NotFound);
    }

    private static async Task<Results<Ok<Envelope<NextRuns>>, Failure>> PreviewAsync(
        HttpRequest request, TimeProvider time, CancellationToken cancellation)
    {
        var faults = new Faults();
        var now = time.GetUtcNow();
        var body = await RequestBody.ReadAsync(request, cancellation);
        if (ScheduleRules.ReadTimes(body, now, faults) is not { } draft) return Failure.Invalid(faults);

        List<DateTime> times = [];
        for (var next = Recurrence.Next(draft, now); next is { } at && times.Count < Previewed; next = Recurrence.Next(draft, at))
            times.Add(at.UtcDateTime);
        return Reply.Ok(new NextRuns(times));
    }

    private static async Task<Results<Created<Envelope<ScheduleView>>, Failure>> CreateAsync(
        HttpRequest request, ClaimsPrincipal caller, IGrainFactory grains, TimeProvider time, CancellationToken cancellation)
    {
        var faults = new Faults();
        if (ScheduleRules.Read(await RequestBody.ReadAsync(request, cancellation), time.GetUtcNow(), faults) is not { } draft)
            return Failure.Invalid(faults);

        var schedule = await Schedules(grains).CreateAsync(draft, caller.Email());
        return Reply.Created($"{Route}/{schedule.Id}", ScheduleView.Of(schedule));
    }

    private static async Task<Results<Ok<Envelope<ScheduleView>>, Failure>> ReplaceAsync(
        HttpRequest request, IGrainFactory grains, TimeProvider time, long id, CancellationToken cancellation)
    {
        var faults = new Faults();
        return ScheduleRules.Read(await RequestBody.ReadAsync(request, cancellation), time.GetUtcNow(), faults) is { } draft
            ? Found(await Schedules(grains).ReplaceAsync(id, draft))
            : Failure.Invalid(faults);
    }

    private static async Task<Results<Ok<Envelope<ScheduleDeleted>>, Failure>> DeleteAsync(IGrainFactory grains, long id) =>
        await Schedules(grains).DeleteAsync(id) ? Reply.Ok(new ScheduleDeleted(id)) : new Failure(ErrorCatalogue.NotFound);

    private static async Task<Results<Ok<Envelope<ScheduleView>>, Failure>> PauseAsync(IGrainFactory grains, long id) =>
        Found(await Schedules(grains).PauseAsync(id), ScheduleStatus.Paused);

    private static async Task<Results<Ok<Envelope<ScheduleView>>, Failure>> ResumeAsync(IGrainFactory grains, long id) =>
        Found(await Schedules(grains).ResumeAsync(id), ScheduleStatus.Active);

    private static async Task<Results<Ok<Envelope<RunView>>, Failure>> RunAsync(IGrainFactory grains, long id) =>
        await Schedules(grains).RunAsync(id) is { } run ? Reply.Ok(RunView.Of(run)) : new Failure(ErrorCatalogue.NotFound);

    /// <param name="wanted">The status that it was to get; null: any.</param>
    private static Results<Ok<Envelope<ScheduleView>>, Failure> Found(Schedule? schedule, string? wanted = null)
    {
        if (schedule is null) return new Failure(ErrorCatalogue.NotFound);
        if (wanted is null || schedule.Status == wanted) return Reply.Ok(ScheduleView.Of(schedule));
        var faults = new Faults();
        faults.Add("status", new("此排程已無後續執行", "this schedule has no further runs"));
        return new Failure(ErrorCatalogue.Conflict, faults);
    }

    private static IScheduleGrain Schedules(IGrainFactory grains) => grains.GetGrain<IScheduleGrain>(GrainKeys.Only);
}
