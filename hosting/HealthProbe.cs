using System.Net;
using Microsoft.Extensions.Configuration;
using NotifyHub.Hosting.Settings;

namespace NotifyHub.Hosting;

/// <summary>
/// What <c>--health</c> does: asks the program that serves on this machine whether it is ready. For the health checks of
/// containers whose image has no shell or curl.
/// </summary>
public static class HealthProbe
{
    public const string Argument = "--health";

    /// <summary>A silo's readiness waits some seconds for the database.</summary>
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(8);

    /// <summary>The settings as the serving process read them, as far as they say where it listens.</summary>
    public static IConfigurationSection Settings(string[] args) => new ConfigurationBuilder()
        .SetBasePath(AppContext.BaseDirectory)
        .AddJsonFile("appsettings.json", optional: true)
        .AddEnvironmentVariables()
        .AddCommandLine(args)
        .Build()
        .GetSection(CommonOptions.Section);

    /// <param name="address">What the port is bound to; <c>*</c> is every address.</param>
    /// <param name="tls">The port speaks TLS. Its certificate is not checked: it is issued for the names that others use, hardly
    /// for this address, and only readiness is read.</param>
    /// <returns>The exit code: 0 ready, 1 not. The reason, and a line with what to do, go to standard output, where the container
    /// engine keeps them.</returns>
    public static async Task<int> AskAsync(string address, int port, bool tls = false)
    {
        var host = address == "*" ? IPAddress.Loopback.ToString()
            : address.Contains(':', StringComparison.Ordinal) ? $"[{address}]"
            : address;
        using var handler = new HttpClientHandler
        {
            ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator,
        };
        using var client = new HttpClient(handler) { Timeout = AnswerTimeout };
        try
        {
            using var answer = await client.GetAsync(new Uri($"http{(tls ? "s" : "")}://{host}:{port}/health/ready"));
            Console.WriteLine($"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
            return answer.IsSuccessStatusCode
                ? 0
                : Hint("The process runs but is not ready. Its log and the status show what it waits for.");
        }
        catch (OperationCanceledException fault)
        {
            Console.WriteLine($"Port {port}: {fault.Message}");
            return Hint("The process hangs, or waits for its database. Look at its log and at the CPU load.");
        }
        catch (HttpRequestException fault)
        {
            Console.WriteLine($"Port {port}: {fault.Message}");
            return Hint(
                "No NotifyHub answers there. Start it, or give --health the settings of the process (ports, address, TLS).");
        }
    }

    private static int Hint(string text)
    {
        Console.WriteLine(text);
        return 1;
    }
}
