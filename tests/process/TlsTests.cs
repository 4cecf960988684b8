using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ProcessTests;

/// <summary>TLS on the configured ports, with certificates made here.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("notifyhub-tls-");
    private readonly TestCertificate _certificate = new();

    [Fact]
    public async Task All_three_ports_speak_TLS_and_a_renewed_certificate_is_shown_without_a_restart()
    {
        var (certificateFile, keyFile) = (Write("tls.crt", _certificate.Pem), Write("tls.key", _certificate.KeyPem));
        await using var hub = await NotifyHubProcess.StartAsync(
            ("TlsCertificateFile", certificateFile), ("TlsKeyFile", keyFile), ("TlsReload", "00:00:00.1"), ("ConsolePort", "0"));

        using var first = await ConnectAsync(hub, _certificate);
        Assert.Equal("ok", await PushAsync(hub, _certificate, """{"over":"tls"}"""));
        Assert.Equal("""{"over":"tls"}""", await ReadAsync(first));
        await first.SendAsync(
            """{"type":"ping","time":1}"""u8.ToArray(), WebSocketMessageType.Text, true, CancellationToken.None);
        Assert.Equal("""{"type":"pong","time":1}""", await ReadAsync(first));
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(_certificate, hub.WebSocketPort, "/health/ready")).StatusCode);
        var page = await GetAsync(_certificate, hub.ConsolePort, "/", host: "hub.example");
        Assert.Equal("max-age=31536000", page.Headers.GetValues("Strict-Transport-Security").Single());
        Assert.False((await GetAsync(_certificate, hub.ConsolePort, "/")).Headers.Contains("Strict-Transport-Security"));

        // Certificate and key are not replaced at the same moment; in between the old pair stays in use.
        using var renewed = new TestCertificate();
        Write("tls.crt", renewed.Pem);
        await Until.TrueAsync(
            () => hub.Output.Contains("The changed certificate files cannot be used", StringComparison.Ordinal), () => hub.Output,
            "the failed reload is logged");
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(_certificate, hub.WebSocketPort, "/health/live")).StatusCode);
        Write("tls.key", renewed.KeyPem);
        foreach (var port in (int[])[hub.WebSocketPort, hub.PushPort, hub.ConsolePort])
            await Until.TrueAsync(() => ShowsAsync(port, renewed), () => hub.Output, $"the new certificate on port {port}");

        using var second = await ConnectAsync(hub, renewed);
        Assert.Equal("ok", await PushAsync(hub, renewed, """{"after":"renewal"}"""));
        Assert.Equal("""{"after":"renewal"}""", await ReadAsync(first));
        Assert.Equal("""{"after":"renewal"}""", await ReadAsync(second));

        await second.SendAsync(new byte[] { 1 }, WebSocketMessageType.Binary, true, CancellationToken.None);
        Assert.Equal(1003, await ReadCloseAsync(second));
        Assert.Equal(70, await AlertAsync(hub.WebSocketPort, version: 2));
        Assert.NotEqual(70, await AlertAsync(hub.WebSocketPort, version: 3));
        using var plain = new HttpClient { Timeout = Until.Limit };
        await Assert.ThrowsAsync<HttpRequestException>(() => plain.GetAsync(
            new Uri($"http://127.0.0.1:{hub.WebSocketPort}/health/live"), TestContext.Current.CancellationToken));

        var stopping = hub.StopAsync();
        Assert.Equal(1012, await ReadCloseAsync(first));
        Assert.Equal(0, await stopping);
    }

    [Fact]
    public async Task A_PFX_with_a_password_serves_and_a_port_that_is_not_named_stays_plain()
    {
        var file = Path.Combine(_folder.FullName, "tls.pfx");
        await File.WriteAllBytesAsync(file, _certificate.Pfx("open sesame"), TestContext.Current.CancellationToken);
        await using var hub = await NotifyHubProcess.StartAsync(
            ("TlsCertificateFile", file), ("TlsPassword", "open sesame"), ("TlsPorts", "WebSocket"));

        using var client = await ConnectAsync(hub, _certificate, "?since=0", "notifyhub.v1");
        Assert.Contains("subscribed", await ReadAsync(client), StringComparison.Ordinal);
        using var push = await hub.ConnectPushAsync();
        Assert.Equal("ok", await push.PushAsync("{}"));
        Assert.Contains("\"offset\":1,\"data\":{}", await ReadAsync(client), StringComparison.Ordinal);
        // No token is required, but an invalid one is refused.
        await Assert.ThrowsAsync<WebSocketException>(() => ConnectAsync(hub, _certificate, "?token=nh_wrong"));
    }

    [Theory]
    [InlineData("missing", "cannot be read")]
    [InlineData("of another key", "a key of another certificate")]
    [InlineData("nonsense", "not PEM or PFX")]
    [InlineData("without a key", "cannot be used")]
    public async Task A_certificate_that_cannot_be_used_stops_the_start_and_is_named(string fault, string why)
    {
        using var other = new TestCertificate();
        var certificate = fault switch
        {
            "missing" => Path.Combine(_folder.FullName, "none.crt"),
            "nonsense" => Write("tls.crt", "nonsense"),
            _ => Write("tls.crt", _certificate.Pem),
        };
        var key = fault == "without a key" ? "" : Write("tls.key", other.KeyPem);

        var (code, output) = await NotifyHubProcess.RunToItsEndAsync(
            null, ("TlsCertificateFile", certificate), ("TlsKeyFile", key));

        Assert.Equal(1, code);
        Assert.Contains("NotifyHub:TlsCertificateFile: ", output, StringComparison.Ordinal);
        Assert.Contains(why, output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _certificate.Dispose();
        _folder.Delete(recursive: true);
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }

    private static async Task<ClientWebSocket> ConnectAsync(
        NotifyHubProcess hub, TestCertificate certificate, string query = "", string? protocol = null)
    {
        var socket = new ClientWebSocket();
        socket.Options.RemoteCertificateValidationCallback = certificate.IsShown;
        if (protocol is not null) socket.Options.AddSubProtocol(protocol);
        using var limit = new CancellationTokenSource(Until.Limit);
        await socket.ConnectAsync(new Uri($"wss://localhost:{hub.WebSocketPort}/{query}"), limit.Token);
        return socket;
    }

    private static async Task<string> ReadAsync(ClientWebSocket socket)
    {
        var buffer = new byte[4096];
        using var limit = new CancellationTokenSource(Until.Limit);
        var result = await socket.ReceiveAsync(buffer, limit.Token);
        Assert.True(result.EndOfMessage);
        return Encoding.UTF8.GetString(buffer, 0, result.Count);
    }

    private static async Task<int> ReadCloseAsync(ClientWebSocket socket)
    {
        Assert.Equal("", await ReadAsync(socket));
        var code = (int)socket.CloseStatus!;
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None);
        return code;
    }

    private static async Task<string?> PushAsync(NotifyHubProcess hub, TestCertificate certificate, string line)
    {
        await using var stream = await AuthenticateAsync(hub.PushPort, certificate);
        using var reader = new StreamReader(stream);
        await stream.WriteAsync(Encoding.UTF8.GetBytes(line + "\n"));
        return await reader.ReadLineAsync().WaitAsync(Until.Limit);
    }

    private static async Task<SslStream> AuthenticateAsync(int port, TestCertificate certificate)
    {
        var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, port);
        var stream = new SslStream(tcp.GetStream(), leaveInnerStreamOpen: false, certificate.IsShown);
        await stream.AuthenticateAsClientAsync("localhost").WaitAsync(Until.Limit);
        return stream;
    }

    private static async Task<bool> ShowsAsync(int port, TestCertificate certificate)
    {
        try
        {
            await using var stream = await AuthenticateAsync(port, certificate);
            return true;
        }
        catch (System.Security.Authentication.AuthenticationException)
        {
            return false;
        }
    }

    private static async Task<HttpResponseMessage> GetAsync(
        TestCertificate certificate, int port, string path, string? host = null)
    {
        using var handler =
            new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, shown, _, _) => certificate.IsShown(shown) };
        using var http = new HttpClient(handler) { Timeout = Until.Limit };
        using var request = new HttpRequestMessage(HttpMethod.Get, $"https://localhost:{port}{path}");
        request.Headers.Host = host;
        return await http.SendAsync(request);
    }

    /// <summary>The alert for a client that supports at most TLS 1.(version-1); -1: none.</summary>
    private static async Task<int> AlertAsync(int port, byte version)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, port);
        byte[] hello = [3, version, .. new byte[32], 0, 0, 4, 0xC0, 0x0A, 0xC0, 0x2B, 1, 0];
        byte[] record = [22, 3, 1, 0, (byte)(hello.Length + 4), 1, 0, 0, (byte)hello.Length, .. hello];
        await tcp.GetStream().WriteAsync(record);
        var answer = new byte[7];
        using var limit = new CancellationTokenSource(Until.Limit);
        await tcp.GetStream().ReadExactlyAsync(answer, limit.Token);
        return answer[0] == 21 ? answer[6] : -1;
    }
}
