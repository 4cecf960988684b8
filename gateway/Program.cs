using NotifyHub.Gateway;
using NotifyHub.Gateway.Api;
using NotifyHub.Gateway.Cluster;
using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Settings;
using NotifyHub.Gateway.Site;
using NotifyHub.Grains.Settings;
using NotifyHub.Hosting;
using NotifyHub.Hosting.Settings;
using NotifyHub.Telemetry;

var program = GatewayHost.Info;
var arguments = ProgramArguments.Parse(args, program.Words);
if (program.Answer(arguments) is { } ended) return ended;

try
{
    if (arguments.Task == ProgramTask.Health) return await GatewayHost.AskHealthAsync(arguments.Settings);

    // Settings and pages lie beside the program; data lies where it is started.
    var builder = WebApplication.CreateBuilder(
        new WebApplicationOptions { Args = arguments.Settings, ContentRootPath = AppContext.BaseDirectory });
    if (builder.Configuration.AddSecretFiles() is { } missing) return StartFault.Print(missing);
    if (SettingsCheck.Faults(builder.Configuration, typeof(GatewayOptions), typeof(SiloOptions)) is { Count: > 0 } faults)
        return StartFault.Print(faults);

    builder.Services.AddConsoleTimes();
    builder.AddGateway();
    builder.AddNotifyHubApi();
    builder.AddConsole();
    builder.AddGatewayTelemetry();

    await using var app = builder.Build();
    if (arguments.Task == ProgramTask.Check)
        return app.Services.CheckGateway() is { } wrong ? StartFault.Print(wrong) : program.Checked();
    if (await app.Services.PrepareGatewayAsync() is { } fault) return StartFault.Print(fault);

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
catch (Exception failure) when (StartFault.Explain(failure) is { } fault)
{
    // Settings are read from the first line on, so a fault found while the host is built is reported in the same way.
    return StartFault.Print(fault);
}
