using System.Net;
using NotifyHub.TestKit;

namespace NotifyHub.BrowserTests;

/// <summary>Content for screenshots: connected clients, notifications, a stream of messages.</summary>
internal sealed class Traffic : IAsyncDisposable
{
    private static readonly (string Title, string Message, string Severity)[] Notifications =
    [
        ("部署完成", "服務 billing 2.4.1 已部署到正式環境。", "success"),
        ("磁碟空間不足", "節點 db-2 的磁碟使用率已達 91%。", "warning"),
        ("付款閘道逾時", "過去 5 分鐘有 37 筆付款逾時，請檢查 payments-api。", "error"),
        ("排程備份", "每日備份已於 03:00 完成，共 18.2 GB。", "info"),
        ("主資料庫離線", "db-1 沒有回應心跳，已切換到 db-2。", "critical"),
        ("<img src=x onerror=alert(1)>", "<script>alert('標題與內容一律是文字')</script>", "info"),
    ];

    private static readonly (string Name, string Cron)[] Schedules = [("每日備份提醒", "30 3 * * *"), ("平日晨間報告", "0 9 * * 1-5")];

    private readonly NotifyHubProcess _hub;
    private readonly List<SocketClient> _clients = [];
    private readonly CancellationTokenSource _end = new();
    private Task _pushing = Task.CompletedTask;

    private Traffic(NotifyHubProcess hub) => _hub = hub;

    public static async Task<Traffic> StartAsync(NotifyHubProcess hub)
    {
        var traffic = new Traffic(hub);
        for (var i = 0; i < 14; i++) traffic._clients.Add(await hub.ConnectAsync(v1: i % 3 == 0));
        traffic._pushing = traffic.PushAsync();
        using var admin = await hub.LogInAsync();
        foreach (var (title, message, severity) in Notifications)
        {
            var json = System.Text.Json.JsonSerializer.Serialize(new { title, message, severity });
            (await admin.PostAsync("/api/notifications/windows", json)).Expect(HttpStatusCode.Created);
        }

        // The gateway is shared: create them once.
        var known = (await admin.GetAsync("/api/schedules")).Expect(HttpStatusCode.OK).Body;
        foreach (var (name, cron) in Schedules.Where(schedule => !known.Contains(schedule.Name, StringComparison.Ordinal)))
        {
            var json = System.Text.Json.JsonSerializer.Serialize(new
            {
                name, kind = "cron", cron, time_zone = "Asia/Taipei", missed = "catch_up",
                notification = new { title = name, message = "由排程發送" },
            });
            (await admin.PostAsync("/api/schedules", json)).Expect(HttpStatusCode.Created);
        }

        (await admin.PostAsync("/api/keys", """{"name":"billing-service"}""")).Expect(HttpStatusCode.Created);
        await People.AddAsync(hub, "operator", "some-password");
        return traffic;
    }

    /// <summary>Waits until the charts have data to show.</summary>
    public static Task FillChartsAsync() => Task.Delay(TimeSpan.FromSeconds(20), CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _pushing;
        foreach (var client in _clients) await client.DisposeAsync();
        _end.Dispose();
    }

    private async Task PushAsync()
    {
        using var push = await _hub.ConnectPushAsync();
        for (var i = 0; !_end.IsCancellationRequested; i++)
        {
            await push.PushAsync($$$"""{"type":"order","data":{"id":{{{i}}}}}""");
            await Task.Delay(20 + (int)(60 * Math.Abs(Math.Sin(i / 40.0))), CancellationToken.None);
        }
    }
}
