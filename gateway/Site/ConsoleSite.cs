using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Api;
using NotifyHub.Gateway.Settings;

namespace NotifyHub.Gateway.Site;

/// <summary>
/// The console: static files on a port of their own, where the API answers too, so that the page and what it calls are one
/// origin. The files lie in the folder <c>console</c> of the web root; on the console's port they are at its root.
/// </summary>
public static class ConsoleSite
{
    private const string Folder = "/console";
    private const string FirstPage = $"{Folder}/index.html";
    private const string CorsPolicy = "api-origins";

    // What the API keeps for itself on every port; all else on the console's port is the console's.
    private static readonly PathString[] OfTheApi = ["/api", "/health", "/openapi", "/docs", "/ws", SocketDocument.Path];

    // Files of libraries: their place is the same for all who use them.
    private static readonly PathString Libraries = "/_content";

    /// <summary>Adds the console's port, and lets pages of other origins call the API if the settings name any.</summary>
    public static void AddConsole(this WebApplicationBuilder builder)
    {
        // Found where they were built; a published gateway has them beside it, and this does nothing.
        builder.WebHost.UseStaticWebAssets();
        // Its route for files changed since the build takes every path: a GET of what only takes POST was answered 404 instead of
        // 405.
        builder.Configuration["ReloadStaticAssetsAtRuntime"] = "false";
        builder.Services.AddSingleton<ConsoleEndPoint>();
        builder.Services.AddOptions<KestrelServerOptions>()
            .Configure<ConsoleEndPoint>((kestrel, console) => console.ListenOn(kestrel));
        builder.Services.AddCors();
        builder.Services.AddOptions<Microsoft.AspNetCore.Cors.Infrastructure.CorsOptions>()
            .Configure<IOptions<GatewayOptions>>((cors, options) => cors.AddPolicy(CorsPolicy, policy => policy
                .WithOrigins(options.Value.ApiOrigins)
                .AllowAnyHeader()
                .AllowAnyMethod()
                .WithExposedHeaders("Retry-After", "Location")));
    }

    /// <summary>Leads requests on the console's port to the console's files. Before routing.</summary>
    public static void UseConsole(this WebApplication app)
    {
        var console = app.Services.GetRequiredService<ConsoleEndPoint>();
        var origins = app.Services.GetRequiredService<IOptions<GatewayOptions>>().Value.ApiOrigins;
        if (origins.Length > 0)
            app.UseWhen(context => context.Request.Path.StartsWithSegments("/api"), api => api.UseCors(CorsPolicy));

        app.Use(async (context, next) =>
        {
            var path = context.Request.Path;
            if (context.Connection.LocalPort == console.Port && !Array.Exists(OfTheApi, route => path.StartsWithSegments(route)))
            {
                ConsoleHeaders.Write(context.Response.Headers, console.IsStrict(context.Request));
                // The console's own pages have no file: the first page reads the address and shows the right one.
                if (!Path.HasExtension(path.Value)) context.Request.Path = FirstPage;
                else if (!path.StartsWithSegments(Libraries)) context.Request.Path = Folder + path;
            }
            else if (path.StartsWithSegments(Folder) || path.StartsWithSegments(Libraries))
            {
                // Only at the root of its own port do the console's pages find their files.
                await new Failure(ErrorCatalogue.NotFound).ExecuteAsync(context);
                return;
            }

            await next(context);
        });
    }

    /// <summary>Serves the files: compressed as they were built, those with a fingerprint in their name without expiry, the rest
    /// with revalidation.</summary>
    public static void MapConsole(this WebApplication app) => app.MapStaticAssets().AllowAnonymous();
}
