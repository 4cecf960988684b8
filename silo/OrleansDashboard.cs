using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using NotifyHub.Grains.Settings;
using Orleans.Dashboard;

namespace NotifyHub.Silo;

/// <summary>
/// Orleans' own dashboard: grains, calls and silos as Orleans sees them. It has no users, so it listens only on this machine's
/// loopback: an administrator reaches it through the machine (a tunnel, <c>kubectl port-forward</c>), and others cannot.
/// </summary>
internal static class OrleansDashboard
{
    private static readonly string[] Hosts = ["localhost", "127.0.0.1"];

    /// <summary>Whether the settings want one. It measures every grain call: without it nothing does.</summary>
    public static bool IsWanted(IConfiguration configuration) => Port(configuration) >= 0;

    public static void ListenOn(KestrelServerOptions kestrel, SiloOptions options, Action<ListenOptions> opened)
    {
        if (options.DashboardPort < 0) return;
        kestrel.Listen(IPAddress.Loopback, options.DashboardPort, listen =>
        {
            opened(listen);
            listen.Use(next => connection =>
            {
                connection.Features.Set(Mark.OfConnection);
                return next(connection);
            });
        });
    }

    /// <summary>Answers on the dashboard's port only.</summary>
    public static void UseOrleansDashboard(this WebApplication app)
    {
        if (!IsWanted(app.Configuration)) return;
        app.MapWhen(context => context.Features.Get<Mark>() is not null, port =>
        {
            // A page of another site can make a browser on this machine ask, under a name of its own that it lets point here.
            port.Use((context, next) =>
            {
                if (Hosts.Contains(context.Request.Host.Host, StringComparer.OrdinalIgnoreCase)) return next(context);
                context.Response.StatusCode = StatusCodes.Status421MisdirectedRequest;
                return Task.CompletedTask;
            });
            port.UseRouting();
            port.UseEndpoints(endpoints => endpoints.MapOrleansDashboard());
        });
    }

    private static int Port(IConfiguration configuration) =>
        configuration.GetSection(SiloOptions.Section)
            .GetValue(nameof(SiloOptions.DashboardPort), new SiloOptions().DashboardPort);

    private sealed class Mark
    {
        public static readonly Mark OfConnection = new();
    }
}
