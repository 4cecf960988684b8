namespace NotifyHub.Gateway.Cluster;

/// <summary>The part of the drain that requests notice.</summary>
public static class DrainMiddleware
{
    /// <summary>From the first sign of the end on, every answer asks its connection to be closed: those that are kept open for
    /// further requests leave one by one, and not in the middle of a request.</summary>
    public static IApplicationBuilder UseDrain(this WebApplication app)
    {
        var stopping = app.Lifetime.ApplicationStopping;
        return app.Use((context, next) =>
        {
            if (stopping.IsCancellationRequested) context.Response.Headers.Connection = "close";
            return next(context);
        });
    }
}
