namespace NotifyHub.Gateway.Cluster;

/// <summary>The part of the drain that concerns requests.</summary>
public static class DrainMiddleware
{
    /// <summary>Once the process is shutting down, each answer has <c>Connection: close</c>, so that connections kept open for
    /// further requests end one by one, and not in the middle of a request.</summary>
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
