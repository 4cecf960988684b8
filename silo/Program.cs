using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;
using NotifyHub.Grains;
using NotifyHub.Grains.Settings;
using NotifyHub.Grains.Storage;
using NotifyHub.Hosting;
using NotifyHub.Hosting.Settings;
using NotifyHub.Silo;
using NotifyHub.Telemetry;
using Orleans.Dashboard;

var program = new ProgramInfo(
    "NotifyHub silo", "NotifyHub.Silo.dll",
    "keeps the channels of a grid, orders and stores their messages, and hands them to the gateways.",
    Words: [], Sections: ["Silo"], Checks: "the names and values of all settings, the connection string, the addresses");
var arguments = ProgramArguments.Parse(args, program.Words);
if (program.Answer(arguments) is { } ended) return ended;

try
{
    if (arguments.Task == ProgramTask.Health)
    {
        var asked = HealthProbe.Settings(arguments.Settings).Get<SiloOptions>() ?? new();
        return await HealthProbe.AskAsync("*", asked.HealthPort);
    }

    // The settings lie beside the program, wherever it is started.
    var builder = WebApplication.CreateBuilder(
        new WebApplicationOptions { Args = arguments.Settings, ContentRootPath = AppContext.BaseDirectory });
    if (builder.Configuration.AddSecretFiles() is { } missing) return StartFault.Print(missing);
    if (SettingsCheck.Faults(builder.Configuration, typeof(SiloOptions)) is { Count: > 0 } faults)
        return StartFault.Print(faults);

    builder.Services.AddConsoleTimes();
    builder.UseOrleans(silo =>
    {
        silo.AddNotifyHubSilo(builder.Configuration, embedded: false).AddActivityPropagation();
        if (OrleansDashboard.IsWanted(builder.Configuration)) silo.AddDashboard();
    });

    var defaults = new SiloOptions();
    builder.AddTelemetry(
        "notifyhub-silo",
        MetricsEndPoint.Of(
            builder.Configuration.GetSection(SiloOptions.Section), (defaults.MetricsAddress, defaults.MetricsPort)));
    builder.Services.AddSingleton<SiloPorts>();
    builder.Services.AddOptions<SocketTransportOptions>()
        .Configure<SiloPorts>((transport, ports) => transport.CreateBoundListenSocket = ports.Take);
    builder.Services.AddOptions<KestrelServerOptions>()
        .Configure<IOptions<SiloOptions>, SiloPorts>((kestrel, options, ports) =>
        {
            kestrel.Listen(SiloPorts.Health(options.Value), listen => ports.HealthPort = listen);
            OrleansDashboard.ListenOn(kestrel, options.Value, listen => ports.DashboardPort = listen);
        });

    await using var app = builder.Build();
    var siloPorts = app.Services.GetRequiredService<SiloPorts>();
    var stateFile = app.Services.GetRequiredService<IOptions<SiloOptions>>().Value.StateFile;
    if (arguments.Task == ProgramTask.Check)
    {
        app.Services.CheckSilo();
        ProcessStateFile.Check(stateFile);
        return siloPorts.CheckAddresses().ToList() is { Count: > 0 } wrong ? StartFault.Print(wrong) : program.Checked();
    }

    app.UseMetrics();
    app.UseOrleansDashboard();
    app.MapGet("/health/live", () => Results.Ok());
    app.MapGet("/health/ready", async (ISiloStatusOracle silo, Database database, CancellationToken cancellation) =>
        !app.Lifetime.ApplicationStopping.IsCancellationRequested
        && silo.CurrentStatus == SiloStatus.Active
        && await database.CheckAsync(cancellation) is null
            ? Results.Ok()
            : Results.StatusCode(StatusCodes.Status503ServiceUnavailable));

    ProcessStateFile.Check(stateFile);
    // Before it joins the others: a second start with the same settings would have them take the first one for dead.
    if (siloPorts.Hold() is { Count: > 0 } taken) return StartFault.Print(taken);
    if (await app.Services.PrepareSiloAsync() is { } fault) return StartFault.Print(fault);

    using var state = new ProcessStateFile(stateFile);
    await app.RunSiloAsync(onServing: () => state.Write(siloPorts.Bound()));
    return 0;
}
catch (Exception failure) when (StartFault.Explain(failure) is { } fault)
{
    return StartFault.Print(fault);
}
