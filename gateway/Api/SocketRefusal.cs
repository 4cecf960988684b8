using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Settings;
using NotifyHub.Gateway.Sockets;
using NotifyHub.Gateway.Telemetry;

namespace NotifyHub.Gateway.Api;

/// <summary>
/// Why a handshake is refused that could be upgraded. A plain client gets the HTTP answer. A page cannot read that, so a client
/// of <c>notifyhub.v1</c> gets the upgrade, one <c>error</c> frame and a close (docs/adr/0016).
/// </summary>
/// <param name="Counted">What it counts as.</param>
/// <param name="Error">What the client is told, by either way.</param>
/// <param name="RetryAfter">Of the HTTP answer; null: none.</param>
/// <param name="ReturnAfter">Of the frame; null: the same handshake would be refused again (4501).</param>
internal sealed record SocketRefusal(
    Refusal Counted, ApiError Error, TimeSpan? RetryAfter = null, TimeSpan? ReturnAfter = null)
{
    private static readonly Text SinceRule = new("since 必須是位移：從 0 起的整數", ClientError.Since.Message);

    /// <summary>What the frame says instead of the error's own words.</summary>
    private Text? Explanation { get; init; }

    public static SocketRefusal Since { get; } =
        new(Refusal.Handshake, ErrorCatalogue.ValidationError) { Explanation = SinceRule };

    /// <param name="code">Of the token's verdict.</param>
    public static SocketRefusal OfToken(string? code) => new(Refusal.Unauthorized, ErrorCatalogue.OfToken(code));

    /// <summary>Nothing helps until an operator acts, which the client cannot know of: it comes back, but seldom.</summary>
    public static SocketRefusal StorageBroken() =>
        new(Refusal.Unavailable, ErrorCatalogue.StorageBroken, ReturnAfter: Spread(30_001, 60_000));

    /// <summary>The grid, which alone knows who is let in, does not answer.</summary>
    public static SocketRefusal Unavailable() =>
        new(Refusal.Unavailable, ErrorCatalogue.Unavailable, TimeSpan.FromSeconds(1), Soon());

    public static SocketRefusal Of(Admission admission, bool isStopped)
    {
        var later = Later();
        return admission switch
        {
            Admission.Full => new(Refusal.Full, ErrorCatalogue.GatewayFull, later, later),
            Admission.AddressFull => new(Refusal.AddressFull, ErrorCatalogue.TooManyConnections, later, later),
            _ when isStopped => new(Refusal.Stopped, ErrorCatalogue.ServiceStopped, ReturnAfter: later),
            _ => new(Refusal.Unavailable, ErrorCatalogue.Unavailable, ReturnAfter: Soon()),
        };
    }

    /// <summary>Until there may be room: 5 to 15 s, of which <c>Retry-After</c> has whole ones.</summary>
    public static TimeSpan Later() => Spread(4_001, 15_000);

    /// <summary>Answers the client, whichever it is.</summary>
    public async Task AnswerAsync(HttpContext context, Handshake handshake)
    {
        context.RequestServices.GetRequiredService<GatewayMetrics>().Refused(Counted);
        if (handshake.IsV1)
        {
            await TellAsync(context, handshake);
            return;
        }

        if (Error.Status == StatusCodes.Status401Unauthorized) context.Response.Headers.WWWAuthenticate = "Bearer";
        await new Failure(Error, retryAfter: RetryAfter).ExecuteAsync(context);
    }

    private async Task TellAsync(HttpContext context, Handshake handshake)
    {
        var error = new ClientError(
            Error.Code,
            (Explanation ?? Error.Message).For(context.Request),
            Again: ReturnAfter is not null,
            ReturnAfter is { } after ? (int)after.TotalMilliseconds : null);
        var stream = await SocketUpgrade.SendAsync(context, handshake);
        // It waits for nothing but its end: a newer connection may take its place.
        context.Features.Get<HttpConnections.Connection>()?.End();
        await RefusedClient.EndAsync(
            stream,
            error,
            context.RequestServices.GetRequiredService<IOptions<GatewayOptions>>().Value.CloseGrace,
            context.RequestServices.GetRequiredService<TimeProvider>(),
            context.Features.GetRequiredFeature<IHttpRequestLifetimeFeature>().Abort);
    }

    private static TimeSpan Soon() => Spread(1_000, 5_000);

    /// <summary>Another time for each: many clients are refused together.</summary>
    private static TimeSpan Spread(int fromMs, int toMs) => TimeSpan.FromMilliseconds(Random.Shared.Next(fromMs, toMs + 1));
}
