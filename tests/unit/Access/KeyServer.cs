using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using NotifyHub.TestKit;

namespace NotifyHub.UnitTests.Access;

/// <summary>An identity provider's server of keys, on a port of this machine.</summary>
internal sealed class KeyServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private KeyServer(WebApplication app) => _app = app;

    public string Body { get; set; } = "";

    public int Status { get; set; } = 200;

    /// <summary>The address that it redirects to.</summary>
    public string? Location { get; set; }

    /// <summary>Answers wait for this task.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    private int _requests;

    public int Requests => Volatile.Read(ref _requests);

    public string Address => $"{_app.Urls.First().Replace("127.0.0.1", "localhost", StringComparison.Ordinal)}/keys";

    /// <param name="certificate">For https; null: http.</param>
    public static async Task<KeyServer> StartAsync(TestCertificate? certificate = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen =>
        {
            if (certificate is not null)
                listen.UseHttps(X509CertificateLoader.LoadPkcs12(certificate.Pfx("x"), "x"));
        }));
        var app = builder.Build();
        var server = new KeyServer(app);
        app.Run(server.AnswerAsync);
        await app.StartAsync();
        return server;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        Interlocked.Increment(ref _requests);
        await Gate;
        if (Location is not null) context.Response.Headers.Location = Location;
        context.Response.StatusCode = Location is null ? Status : StatusCodes.Status302Found;
        await context.Response.WriteAsync(Body);
    }
}
