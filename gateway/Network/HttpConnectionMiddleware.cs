namespace NotifyHub.Gateway.Network;

/// <summary>The part of the count that requests see.</summary>
internal static class HttpConnectionMiddleware
{
    /// <summary>A connection is not idle while it has a request in progress. Must be the first middleware.</summary>
    public static IApplicationBuilder UseHttpConnections(this IApplicationBuilder app) => app.Use(async (context, next) =>
    {
        if (context.Features.Get<HttpConnections.Connection>() is not { } connection)
        {
            await next(context);
            return;
        }

        connection.Begin();
        if (connection.IsToEnd) context.Response.Headers.Connection = "close";
        try
        {
            await next(context);
        }
        finally
        {
            connection.End();
        }
    });
}
