using System.Globalization;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Access;
using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Cluster;
using NotifyHub.Gateway.Settings;
using NotifyHub.Gateway.Telemetry;

namespace NotifyHub.Gateway.Api;

/// <summary>The REST API of a gateway, put together.</summary>
public static class NotifyHubApi
{
    private const string EitherScheme = "Either";

    /// <summary>
    /// Adds what the API needs. It expects of its host: <see cref="GatewayOptions"/> bound to their section (checked here),
    /// <c>GatewayNode</c> and <c>IGrainFactory</c>.
    /// </summary>
    public static IHostApplicationBuilder AddNotifyHubApi(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.AddMetrics();
        services.TryAddSingleton<GatewayMetrics>();
        services.TryAddSingleton<DeliveryTimes>();
        services.TryAddSingleton<DeliveryCounts>();
        services.TryAddSingleton<ChannelFollower>();
        services.TryAddSingleton<Namespaces>();
        services.TryAddSingleton<ChannelLogs>();
        services.TryAddSingleton<ChannelDrafts>();
        services.TryAddSingleton<Publisher>();
        services.TryAddSingleton<NamespaceFollower>();
        services.AddSingleton<ChannelAccess>();
        services.TryAddSingleton<ChannelHistory>();
        services.AddOptions<GatewayOptions>().ValidateOnStart();
        services.AddSingleton<IValidateOptions<GatewayOptions>, GatewayOptionsCheck>();
        services.AddSingleton<IValidateOptions<GatewayOptions>, ClientTokenOptionsCheck>();

        services.ConfigureHttpJsonOptions(ConfigureJson);
        services.AddExceptionHandler<FailureHandler>();
        services.AddSingleton<GridHealth>();
        services.AddHealthChecks()
            .AddCheck<GatewayReadiness>("gateway", tags: [HealthEndpoints.Ready])
            .AddCheck<GridHealth>("grid", tags: [HealthEndpoints.Deep]);
        services.AddSingleton<SystemStatus>();
        services.AddSingleton<SystemOverview>();
        services.AddSingleton(provider => new LoginLimiter(
            Options(provider).LoginFailuresPerMinute, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new TokenIssuer(
            () => SigningKey.Load(Options(provider)),
            Options(provider).LoginLifetime,
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<TokenVersions>();
        services.AddSingleton<ApiKeys>();
        services.AddSingleton<TokenRevocations>();
        services.AddSingleton<OwnTokens>();
        services.AddRequestLimits();
        services.AddSingleton<BodyBudget>();
        services.AddSingleton<UsageLog>();
        services.AddHostedService<UsageReporter>();
        AddLogin(services);
        services.AddApiDocument();
        // Invalid keys are the caller's error: don't log each request.
        builder.Logging.AddFilter(typeof(ApiKeyAuthentication).FullName, LogLevel.Warning);
        // It would log whole URLs, and that of a WebSocket may contain its token.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.Warning);
        // It would log a stack trace when the grid does not answer; the response to the request is logged anyway.
        builder.Logging.AddFilter(typeof(JwtBearerHandler).FullName, LogLevel.Critical);
        return builder;
    }

    /// <summary>Adds the middleware and every endpoint.</summary>
    /// <exception cref="OptionsValidationException">The settings have faults; the message names them all.</exception>
    public static void MapNotifyHubApi(this WebApplication app)
    {
        app.Services.GetRequiredService<TokenIssuer>().ReadKey();
        // It measures this process from here on; created by the first status request, it would have nothing to report.
        _ = app.Services.GetRequiredService<SystemStatus>();

        app.Use(app.Services.GetRequiredService<UsageLog>().RecordAsync);
        app.Use(HeadLikeGet);
        app.UseExceptionHandler(_ => { });
        app.UseStatusCodePages(page =>
            new Failure(ErrorCatalogue.OfStatus(page.HttpContext.Response.StatusCode)).ExecuteAsync(page.HttpContext));
        app.Use(KeepPrivate);
        app.UseRouting();
        app.UseAuthentication();
        app.UseRateLimiter();
        app.UseAuthorization();

        app.MapAuth();
        app.MapUsers();
        app.MapSystem();
        app.MapConnections();
        app.MapNotifications();
        app.MapSchedules();
        app.MapUsage();
        app.MapSettings();
        app.MapAudit();
        app.MapPush();
        app.MapPublish();
        app.MapChannels();
        app.MapNamespaces();
        app.MapApiKeys();
        app.MapClientTokens();
        app.MapHealth();
        app.MapApiDocument();
        app.MapSocketDocument();
    }

    private static void ConfigureJson(JsonOptions options)
    {
        options.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJson.Default);
        // Chinese is written as Chinese. The answers are JSON by content type, never part of a page.
        options.SerializerOptions.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
    }

    private static void AddLogin(IServiceCollection services)
    {
        services.AddAuthentication(EitherScheme)
            .AddPolicyScheme(EitherScheme, null, options => options.ForwardDefaultSelector = context =>
                context.Request.Headers.ContainsKey(ApiKeyAuthentication.Header)
                    ? ApiKeyAuthentication.SchemeName
                    : JwtBearerDefaults.AuthenticationScheme)
            .AddJwtBearer()
            .AddScheme<AuthenticationSchemeOptions, ApiKeyAuthentication>(ApiKeyAuthentication.SchemeName, null);
        services.AddOptions<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme)
            .Configure<TokenIssuer, TokenVersions>((options, tokens, versions) =>
            {
                // Claims keep their names, and the answer does not say why a token was refused.
                options.MapInboundClaims = false;
                options.IncludeErrorDetails = false;
                options.TokenValidationParameters = tokens.Validation();
                options.Events = new JwtBearerEvents { OnTokenValidated = context => CheckVersionAsync(context, versions) };
            });
        services.AddAuthorizationBuilder().AddPolicies();
    }

    private static async Task CheckVersionAsync(TokenValidatedContext context, TokenVersions versions)
    {
        // The status must be answered to everyone, even while the grid, which alone knows the versions, does not answer.
        if (context.HttpContext.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is not null) return;
        var caller = context.Principal!;
        var isVersion = long.TryParse(
            caller.FindFirstValue(Callers.VersionClaim), NumberStyles.None, CultureInfo.InvariantCulture, out var version);
        var stands = isVersion && await versions.StandsAsync(caller.UserId(), version, context.HttpContext.RequestAborted);
        if (!stands) context.Fail("The token has been ended.");
    }

    // Whatever answers GET answers HEAD, without its body: the web server leaves that out by the request line.
    private static Task HeadLikeGet(HttpContext context, RequestDelegate next)
    {
        if (HttpMethods.IsHead(context.Request.Method)) context.Request.Method = HttpMethods.Get;
        return next(context);
    }

    // Answers contain tokens, addresses and messages: they must not be cached, nor rendered as a page.
    private static Task KeepPrivate(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Path.StartsWithSegments("/api"))
        {
            context.Response.Headers.CacheControl = "no-store";
            context.Response.Headers.XContentTypeOptions = "nosniff";
        }

        return next(context);
    }

    private static GatewayOptions Options(IServiceProvider provider) =>
        provider.GetRequiredService<IOptions<GatewayOptions>>().Value;
}
