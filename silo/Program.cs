using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using NotifyHub.Grains;
using NotifyHub.Grains.Storage;
using NotifyHub.Silo;
using NotifyHub.Telemetry;
using Orleans.Dashboard;

if (args is [HealthProbe.Argument, .. var rest])
    return await HealthProbe.AskAsync("*", HealthProbe.Settings(rest).Get<SiloOptions>()?.HealthPort ?? new SiloOptions().HealthPort);

try
{
    // The settings lie beside the program, wherever it is started.
    var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
    if (builder.Configuration.AddSecretFiles() is { } missing)
    {
        await Console.Error.WriteLineAsync(missing);
        return 1;
    }

    builder.UseOrleans(silo =>
    {
        silo.AddNotifyHubSilo(builder.Configuration, embedded: false).AddActivityPropagation();
        if (OrleansDashboard.IsWanted(builder.Configuration)) silo.AddDashboard();
    });

    var defaults = new SiloOptions();
    builder.AddTelemetry(
        "notifyhub-silo", MetricsEndPoint.Of(builder.Configuration.GetSection(SiloOptions.Section), (defaults.MetricsAddress, defaults.MetricsPort)));
    builder.Services.AddOptions<KestrelServerOptions>()
        .Configure<IOptions<SiloOptions>>((kestrel, options) =>
        {
            kestrel.ListenAnyIP(options.Value.HealthPort);
            OrleansDashboard.ListenOn(kestrel, options.Value);
        });

    await using var app = builder.Build();

    app.UseMetrics();
    app.UseOrleansDashboard();
    app.MapGet("/health/live", () => Results.Ok());
    app.MapGet("/health/ready", async (ISiloStatusOracle silo, Database database, CancellationToken cancellation) =>
        !app.Lifetime.ApplicationStopping.IsCancellationRequested && silo.CurrentStatus == SiloStatus.Active && await database.CheckAsync(cancellation) is null
            ? Results.Ok()
            : Results.StatusCode(StatusCodes.Status503ServiceUnavailable));

    if (await app.Services.PrepareSiloAsync() is { } fault)
    {
        await Console.Error.WriteLineAsync(fault);
        return 1;
    }

    await app.RunSiloAsync();
    return 0;
}
catch (OptionsValidationException faults)
{
    // The web server asks for its port while the host is built, before the settings are checked.
    await Console.Error.WriteLineAsync(string.Join(Environment.NewLine, faults.Failures));
    return 1;
}
catch (IOException fault) when (fault.InnerException is AddressInUseException)
{
    await Console.Error.WriteLineAsync($"{fault.Message} Stop what is there, or set NotifyHub:HealthPort, MetricsPort or DashboardPort to a free port.");
    return 1;
}
catch (InvalidOperationException fault) when (fault.Source == "Microsoft.Extensions.Configuration.Binder")
{
    // A value that is no number, time or the like.
    await Console.Error.WriteLineAsync(fault.Message);
    return 1;
}
