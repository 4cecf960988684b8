using NotifyHub.Gateway;
using NotifyHub.Gateway.Api;
using NotifyHub.Gateway.Cluster;
using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Site;
using NotifyHub.Gateway.Sockets;
using NotifyHub.Grains;
using NotifyHub.Telemetry;

if (args is [HealthProbe.Argument, .. var rest])
{
    var asked = HealthProbe.Settings(rest).Get<GatewayOptions>() ?? new();
    if (asked.HealthPort > 0) return await HealthProbe.AskAsync("*", asked.HealthPort);
    return await HealthProbe.AskAsync(
        asked.Address, asked.WebSocketPort, asked.TlsCertificateFile.Length > 0 && asked.TlsPorts.HasFlag(TlsPorts.WebSocket));
}

try
{
    // Settings and pages lie beside the program; data lies where it is started.
    var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
    if (builder.Configuration.AddSecretFiles() is { } missing)
    {
        await Console.Error.WriteLineAsync(missing);
        return 1;
    }

    builder.AddGateway();
    builder.AddNotifyHubApi();
    builder.AddConsole();
    builder.AddGatewayTelemetry();

    await using var app = builder.Build();
    if (await app.Services.PrepareGatewayAsync() is { } fault)
    {
        await Console.Error.WriteLineAsync(fault);
        return 1;
    }

    app.UseHttpConnections();
    app.Use(app.Services.GetRequiredService<TrustedProxies>().RestoreAsync);
    app.UseMetrics();
    HealthPort.Use(app);
    app.UseDrain();
    app.UseClientSockets();
    app.UseConsole();
    app.MapNotifyHubApi();
    app.MapConsole();

    return await app.RunGatewayAsync();
}
catch (Exception failure) when (failure.SettingsFault() is { } fault)
{
    // The settings are read from the first line on: also what only building the host stumbles over is the operator's to correct.
    await Console.Error.WriteLineAsync(fault);
    return 1;
}
