using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Access;
using NotifyHub.Gateway.Settings;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <summary><c>/api/system</c>: status for everybody, start, stop and restart for administrators.</summary>
internal static class SystemEndpoints
{
    public static void MapSystem(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/system").WithTags("system");
        group.MapGet("/websocket/status", StatusAsync).AllowAnonymous()
            .Summary("Status of the service, its health, and the nodes of the grid.");
        group.MapGet("/overview", OverviewAsync).RequireAuthorization(Permissions.ReadSystem)
            .Summary("Overview of the whole grid and its last five minutes, at most 5 s old.");
        group.MapGet("/info", InfoAsync).RequireAuthorization(Permissions.ReadSystem)
            .Summary("Version and properties of this deployment, for the console.");

        var control = group.MapGroup("/websocket").RequireAuthorization(Permissions.ControlService);
        control.MapPost("/start", StartAsync).Audited("service.start").Summary("Start the service on every gateway.");
        control.MapPost("/stop", StopAsync).Audited("service.stop")
            .Summary("Stop the service on every gateway; the API continues to answer.");
        control.MapPost("/restart", RestartAsync).Audited("service.restart")
            .Summary("Close every client with 1012, and let clients reconnect.");
    }

    private static async Task<Ok<Envelope<StatusView>>> StatusAsync(
        HttpRequest request, SystemStatus status, CancellationToken cancellation)
    {
        var english = Text.IsEnglish(request);
        return Reply.Ok(await status.ReadAsync(text => english ? text.English : text.Chinese, cancellation));
    }

    private static async Task<Ok<Envelope<OverviewView>>> OverviewAsync(
        HttpRequest request, SystemOverview overview, CancellationToken cancellation)
    {
        var english = Text.IsEnglish(request);
        return Reply.Ok(await overview.ReadAsync(text => english ? text.English : text.Chinese, cancellation));
    }

    private static Task<Ok<Envelope<ControlView>>> StartAsync(HttpRequest request, IGrainFactory grains, SystemStatus status) =>
        SetAsync(
            ServiceCommand.Start, request, grains, status,
            changed: ("started", new("WebSocket 服務已啟動", "The WebSocket service was started")),
            already: ("already_running", new("WebSocket 服務已在運行中", "The WebSocket service is already running")));

    private static Task<Ok<Envelope<ControlView>>> StopAsync(HttpRequest request, IGrainFactory grains, SystemStatus status) =>
        SetAsync(
            ServiceCommand.Stop, request, grains, status,
            changed: ("stopped", new("WebSocket 服務已停止", "The WebSocket service was stopped")),
            already: ("already_stopped", new("WebSocket 服務已經停止", "The WebSocket service is already stopped")));

    private static Task<Ok<Envelope<ControlView>>> RestartAsync(HttpRequest request, IGrainFactory grains, SystemStatus status)
    {
        (string, Text) restarted = ("restarted", new("WebSocket 服務已重啟", "The WebSocket service was restarted"));
        return SetAsync(ServiceCommand.Restart, request, grains, status, restarted, restarted);
    }

    private static async Task<Ok<Envelope<ControlView>>> SetAsync(
        ServiceCommand command, HttpRequest request, IGrainFactory grains, SystemStatus status,
        (string Status, Text Message) changed, (string Status, Text Message) already)
    {
        var change = await grains.GetGrain<IServiceGrain>(GrainKeys.Only).SetAsync(command);
        var (word, message) = change.Changed ? changed : already;
        string[]? unanswered = change.Unanswered.Length > 0 ? change.Unanswered : null;
        if (unanswered is not null) message = WithUnanswered(message, unanswered);
        return Reply.Ok(new ControlView(message.For(request), word, status.Process(change.State.Running), unanswered));
    }

    private static Text WithUnanswered(Text message, string[] gateways)
    {
        var names = string.Join(", ", gateways);
        return new(
            $"{message.Chinese}；這些閘道未在時限內確認，連上網格後才會跟上：{names}",
            $"{message.English}; these gateways did not confirm in time, and follow when they reach the grid: {names}");
    }

    private static async Task<Ok<Envelope<InfoView>>> InfoAsync(
        IOptions<GatewayOptions> options, IGrainFactory grains) => Reply.Ok(new InfoView(
        typeof(SystemEndpoints).Assembly.GetName().Version!.ToString(3),
        options.Value.Mode == GatewayMode.Embedded ? "embedded" : "cluster",
        options.Value.Zone().Id,
        await grains.GetGrain<IAccountGrain>(GrainKeys.Only).HasDefaultPasswordAsync()));
}
