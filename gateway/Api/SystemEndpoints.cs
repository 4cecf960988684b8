using System.Globalization;
using System.Text.Json.Serialization;
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
        group.MapGet("/websocket/status", StatusAsync).AllowAnonymous().Summary("The service, its health, and the nodes of the grid.");
        group.MapGet("/overview", OverviewAsync).RequireAuthorization(Permissions.ReadSystem)
            .Summary("The whole grid and its last five minutes, at most 5 s old.");
        group.MapGet("/info", InfoAsync).RequireAuthorization(Permissions.ReadSystem).Summary("What this deployment is, for the console.");

        var control = group.MapGroup("/websocket").RequireAuthorization(Permissions.ControlService);
        control.MapPost("/start", StartAsync).Audited("service.start").Summary("Start the service on every gateway.");
        control.MapPost("/stop", StopAsync).Audited("service.stop").Summary("Stop the service on every gateway; the API goes on answering.");
        control.MapPost("/restart", RestartAsync).Audited("service.restart").Summary("Close every client with 1012 and let them return.");
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

    private static async Task<Ok<Envelope<InfoView>>> InfoAsync(IOptions<GatewayOptions> options, IGrainFactory grains) => Reply.Ok(new InfoView(
        typeof(SystemEndpoints).Assembly.GetName().Version!.ToString(3),
        options.Value.Mode == GatewayMode.Embedded ? "embedded" : "cluster",
        options.Value.Zone().Id,
        await grains.GetGrain<IAccountGrain>(GrainKeys.Only).HasDefaultPasswordAsync()));
}

/// <summary>The guide's status, field by field, and the nodes.</summary>
internal sealed record StatusView(
    [property: JsonPropertyName("service_running")] bool ServiceRunning,
    [property: JsonPropertyName("websocket_port")] string WebSocketPort,
    [property: JsonPropertyName("internal_port")] string InternalPort,
    [property: JsonPropertyName("websocket_port_listening")] bool WebSocketPortListening,
    [property: JsonPropertyName("internal_port_listening")] bool InternalPortListening,
    [property: JsonPropertyName("pid")] int? Pid,
    [property: JsonPropertyName("process_info")] ProcessInfo? ProcessInfo,
    [property: JsonPropertyName("active_connections")] long ActiveConnections,
    [property: JsonPropertyName("total_connections")] long TotalConnections,
    [property: JsonPropertyName("server_time")] string ServerTime,
    [property: JsonPropertyName("last_connection_at")] string? LastConnectionAt,
    [property: JsonPropertyName("health")] Health Health,
    [property: JsonPropertyName("nodes")] IReadOnlyList<NodeView> Nodes);

/// <param name="Cpu">Percent of one core, one decimal.</param>
/// <param name="Mem">Percent of the machine's memory, one decimal.</param>
/// <param name="StartTime">HH:mm in the server's time zone.</param>
internal sealed record ProcessInfo(
    [property: JsonPropertyName("pid")] int Pid,
    [property: JsonPropertyName("cpu")] string Cpu,
    [property: JsonPropertyName("mem")] string Mem,
    [property: JsonPropertyName("start_time")] string StartTime,
    [property: JsonPropertyName("command")] string Command)
{
    public static string Percent(double percent) => percent.ToString("0.0", CultureInfo.InvariantCulture);
}

internal sealed record NodeView(
    [property: JsonPropertyName("id")] string Id,
    [property: JsonPropertyName("role")] string Role,
    [property: JsonPropertyName("address")] string Address,
    [property: JsonPropertyName("pid")] int Pid,
    [property: JsonPropertyName("cpu")] string Cpu,
    [property: JsonPropertyName("mem")] string Mem,
    [property: JsonPropertyName("connections")] int Connections,
    [property: JsonPropertyName("started_at")] string StartedAt,
    [property: JsonPropertyName("last_seen_at")] string LastSeenAt)
{
    public static NodeView Of(NodeStatus node, TimeZoneInfo zone) => new(
        node.Report.Id,
        node.Report.Role,
        node.Report.Address,
        node.Report.Pid,
        ProcessInfo.Percent(node.Report.CpuPercent),
        ProcessInfo.Percent(node.Report.MemoryPercent),
        node.Report.Connections,
        NotificationJson.LocalTime(node.Report.StartedAt, zone),
        NotificationJson.LocalTime(node.LastSeenAt, zone));
}

/// <param name="Status">started, already_running, stopped, already_stopped or restarted.</param>
/// <param name="Unanswered">The gateways that did not confirm in time; left out when all did.</param>
internal sealed record ControlView(
    string Message,
    string Status,
    [property: JsonPropertyName("process_info")] ProcessInfo? ProcessInfo,
    [property: JsonPropertyName("unanswered_gateways"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    IReadOnlyList<string>? Unanswered);

/// <param name="DefaultPassword">Somebody who may log in has the password that everybody can read in the documentation.</param>
internal sealed record InfoView(
    string Version,
    string Mode,
    [property: JsonPropertyName("time_zone")] string TimeZone,
    [property: JsonPropertyName("default_password")] bool DefaultPassword);
