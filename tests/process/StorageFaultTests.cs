using System.Diagnostics;
using System.Net;
using System.Text.Json;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ProcessTests;

/// <summary>Storage failures are reported to publishers, in the status and in the log, with what to do.</summary>
public sealed class StorageFaultTests
{
    private const string Lock = """
        import sqlite3, sys
        database = sqlite3.connect(sys.argv[1], isolation_level=None)
        database.execute("BEGIN IMMEDIATE")
        print("locked", flush=True)
        sys.stdin.read()
        """;

    private const string Drop = """
        import sqlite3, sys
        database = sqlite3.connect(sys.argv[1], isolation_level=None)
        database.execute(f"DROP TABLE {sys.argv[2]}")
        """;

    [Fact]
    public async Task A_database_that_is_deleted_stops_publishing_and_the_status_says_why()
    {
        await using var hub = await NotifyHubProcess.StartAsync();
        using var rest = await hub.LogInAsync();
        using var push = await hub.ConnectPushAsync();
        Assert.Equal("ok", await push.PushAsync("""{"n":1}"""));

        File.Delete(Path.Combine(hub.Folder, "notifyhub.db"));

        using (var another = await hub.ConnectPushAsync())
            Assert.StartsWith("error: ", await another.PushAsync("""{"n":2}"""), StringComparison.Ordinal);
        (await rest.PostAsync("/api/push", """{"n":3}""")).ExpectError(HttpStatusCode.ServiceUnavailable, "UNAVAILABLE");
        await AssertStorageAsync(rest, "error", "was deleted, moved or replaced while it was open. Stop NotifyHub");
        await Until.TrueAsync(
            () => hub.Output.Contains("was deleted, moved or replaced while it was open", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_table_that_is_missing_is_the_same_error_in_the_API_the_status_and_the_deep_check()
    {
        await using var hub = await NotifyHubProcess.StartAsync();
        using var rest = await hub.LogInAsync();
        await DropAsync(hub, "notification");

        (await rest.GetAsync("/api/notifications/windows")).ExpectError(HttpStatusCode.InternalServerError, "STORAGE_BROKEN");
        await AssertStorageAsync(rest, "error", "lacks a table");
        RestAnswer? deep = null;
        await Until.TrueAsync(
            async () => (deep = await rest.GetAsync("/health/ready?deep=1")).Status == HttpStatusCode.ServiceUnavailable,
            () => deep?.Body ?? "");
        deep!.ExpectError(HttpStatusCode.ServiceUnavailable, "STORAGE_BROKEN");
        Assert.Contains("lacks a table", deep!.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_locked_database_is_reported_without_publishes_and_recovers()
    {
        await using var hub = await NotifyHubProcess.StartAsync();
        using var rest = await hub.LogInAsync();
        using (var other = Process.Start(new ProcessStartInfo("python3", ["-c", Lock, Path.Combine(hub.Folder, "notifyhub.db")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!)
        {
            Assert.Equal("locked", await other.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));

            await AssertStorageAsync(rest, "error", "lock");
            using var push = await hub.ConnectPushAsync();
            Assert.StartsWith("error: ", await push.PushAsync("""{"n":"lost"}"""), StringComparison.Ordinal);
            (await rest.PostAsync("/api/push", """{"n":"lost"}""")).ExpectError(HttpStatusCode.ServiceUnavailable, "UNAVAILABLE");
            other.StandardInput.Close();
            await other.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        await Until.TrueAsync(async () => (await rest.PostAsync("/api/push", """{"n":1}""")).Status == HttpStatusCode.OK);
        await AssertStorageAsync(rest, "ok", "");
        await Until.TrueAsync(() => hub.Output.Contains("The storage works again", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_non_durable_database_is_refused_unless_allowed_and_then_reported()
    {
        await using var server = new PostgresServer();
        await server.InitializeAsync();
        var storage = await server.CreateDatabaseAsync();

        var (exitCode, output) = await NotifyHubProcess.RunToItsEndAsync(null, ("Storage", storage), ("AllowDataLoss", "false"));

        Assert.Equal(1, exitCode);
        Assert.Contains(
            "The storage is not durable: the PostgreSQL server runs with fsync and full_page_writes off", output,
            StringComparison.Ordinal);
        Assert.Contains("NotifyHub:AllowDataLoss=true", output, StringComparison.Ordinal);

        await using var hub = await NotifyHubProcess.StartAsync(("Storage", storage), ("AllowDataLoss", "true"));
        using var rest = await hub.LogInAsync();
        await AssertStorageAsync(rest, "warning", "not durable");
        Assert.Equal("degraded", (await rest.StatusAsync()).GetProperty("health").GetProperty("status").GetString());
    }

    /// <summary>A short head is handled before the HTTP server, a long one by it.</summary>
    [Fact]
    public async Task A_handshake_whose_key_cannot_be_looked_up_is_not_answered_try_again()
    {
        await using var hub = await NotifyHubProcess.StartAsync();
        await DropAsync(hub, "api_key");

        foreach (var cookie in (string?[])[null, new string('c', 6000)])
        {
            using var raw = await RawSocket.ConnectAsync(hub.WebSocketPort);
            await raw.SendAsync(raw.Handshake("/", ("X-API-Key", $"nh_{new string('x', 43)}"), ("Cookie", cookie)));
            var head = await raw.ReadHeadAsync();
            Assert.StartsWith("HTTP/1.1 500 ", head, StringComparison.Ordinal);
            Assert.DoesNotContain("Retry-After", head, StringComparison.OrdinalIgnoreCase);
        }

        await using var v1 = await hub.ConnectAsync($"?token=nh_{new string('x', 43)}", v1: true);
        var error = await v1.NextJsonAsync();
        Assert.Equal("STORAGE_BROKEN", error.GetProperty("code").GetString());
        // It cannot know when an operator has acted.
        Assert.True(error.GetProperty("again").GetBoolean());
        Assert.InRange(error.GetProperty("after_ms").GetInt32(), 30_000, 60_000);
        Assert.Equal((4503, "refused for now"), await v1.WaitUntilClosedAsync());

        await Until.TrueAsync(() => hub.Output.Contains("A WebSocket handshake was answered 500: ", StringComparison.Ordinal));
    }

    private static async Task DropAsync(NotifyHubProcess hub, string table)
    {
        using var sqlite = Process.Start("python3", ["-c", Drop, Path.Combine(hub.Folder, "notifyhub.db"), table]);
        await sqlite.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, sqlite.ExitCode);
    }

    private static async Task AssertStorageAsync(RestClient rest, string status, string words)
    {
        JsonElement check = default;
        await Until.TrueAsync(
            async () =>
            {
                check = (await rest.StatusAsync()).GetProperty("health").GetProperty("checks").EnumerateArray()
                    .Single(one => one.GetProperty("name").GetString() == "Storage");
                return check.GetProperty("status").GetString() == status;
            },
            () => check.GetRawText());
        if (words.Length == 0) Assert.False(check.TryGetProperty("detail", out _), check.GetRawText());
        else Assert.Contains(words, check.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }
}
