using System.Net;
using AngleSharp.Dom;
using Bunit;
using NotifyHub.Console.Accounts;
using NotifyHub.Console.Api;
using NotifyHub.Console.Components;
using NotifyHub.Console.Language;
using Xunit;

namespace NotifyHub.ConsoleTests;

/// <summary>The service card of the guide, in every state of the service.</summary>
public sealed class ServiceCardTests : ConsoleContext
{
    private static readonly Check[] AllWell =
    [
        new("Service Running", "ok", "WebSocket 服務正在運行"), new("WebSocket Port", "ok", "Port 8080 正在監聽"),
        new("Internal Push Port", "ok", "Port 8081 正在監聽"),
    ];

    private static readonly ServiceStatus Running = new()
    {
        ServiceRunning = true,
        WebSocketPort = "8080",
        InternalPort = "8081",
        WebSocketPortListening = true,
        InternalPortListening = true,
        Pid = 12345,
        ProcessInfo = new ProcessInfo(12345, "0.5", "1.2", "10:30", "dotnet NotifyHub.Gateway.dll"),
        ActiveConnections = 5,
        TotalConnections = 100,
        ServerTime = "2026-01-22 15:30:00",
        LastConnectionAt = "2026-01-22 15:28:15",
        Health = new Health("healthy", AllWell),
    };

    private static readonly ServiceStatus Stopped = new()
    {
        WebSocketPort = "8080",
        InternalPort = "8081",
        TotalConnections = 100,
        Health = new Health("unhealthy", [new("Service Running", "error", "WebSocket 服務未運行")]),
    };

    [Fact]
    public async Task A_healthy_service_is_drawn_as_in_the_guide()
    {
        await LogInAsync();

        var card = Card(Running);

        Assert.Equal("🟢 服務正常運行 已啟動 | 5 活躍連線 / 100 總連線", Words(card.Find("[data-testid=service-state]")));
        Assert.Equal(
            ["✅ Service Running WebSocket 服務正在運行", "✅ WebSocket Port Port 8080 正在監聽", "✅ Internal Push Port Port 8081 正在監聽"],
            card.FindAll(".checks li").Select(Words));
        Assert.Equal(
            ["WebSocket 端口 8080 監聽中", "內部推送端口 8081 監聽中", "進程 ID 12345"], card.FindAll(".facts > div").Select(Words));
        Assert.Equal(["重啟服務", "停止服務"], card.FindAll(".panel-foot button.mud-button-root").Select(Words));
    }

    [Fact]
    public async Task A_stopped_service_is_red_and_can_only_be_started()
    {
        await LogInAsync();

        var card = Card(Stopped);

        Assert.Contains("bad", card.Find("[data-testid=service-state]").ClassList);
        Assert.Equal("🔴 服務已停止 已停止 | 0 活躍連線 / 100 總連線", Words(card.Find("[data-testid=service-state]")));
        Assert.Equal(
            ["WebSocket 端口 8080 未監聽", "內部推送端口 8081 未監聽", "進程 ID —"], card.FindAll(".facts > div").Select(Words));
        Assert.Equal(["啟動服務"], card.FindAll(".panel-foot button.mud-button-root").Select(Words));
    }

    [Theory]
    [InlineData("degraded", "note", "🟡 服務運行中，部分異常")]
    [InlineData("unhealthy", "bad", "🔴 服務異常")]
    public async Task A_service_that_runs_with_faults_does_not_look_well(string health, string kind, string words)
    {
        await LogInAsync();

        var state = Card(Running with { Health = new Health(health, AllWell) }).Find("[data-testid=service-state]");

        Assert.Contains(kind, state.ClassList);
        Assert.StartsWith(words, Words(state), StringComparison.Ordinal);
    }

    [Fact]
    public async Task When_the_status_cannot_be_asked_the_last_known_is_shown_as_old()
    {
        await LogInAsync();

        var card = Card(Running, new ApiException(HttpStatusCode.ServiceUnavailable, "UNAVAILABLE", "服務暫時無法使用"));

        Assert.Equal("無法取得狀態：服務暫時無法使用", Words(card.Find(".notice.bad")));
        Assert.Contains("stale-part", card.Find("[data-testid=service-state]").ClassList);
    }

    [Fact]
    public async Task The_cause_of_a_failed_check_stands_apart_and_is_marked_as_English()
    {
        await LogInAsync();
        Check storage = new("Storage", "error", "儲存無法使用", "The database has no space left.");

        var card = Card(Running with { Health = new Health("unhealthy", [storage]) });

        Assert.Equal("儲存無法使用", card.Find(".checks li.error strong + span").TextContent);
        var cause = card.Find(".checks li.error .cause");
        Assert.Equal(("The database has no space left.", "en"), (cause.TextContent, cause.GetAttribute("lang")));
    }

    [Fact]
    public async Task Without_the_permission_the_service_card_has_no_buttons()
    {
        await LogInAsync(Permissions.Publish, Permissions.ManageSchedules);

        var card = Card(Running);

        Assert.Empty(card.FindAll(".panel-foot button.mud-button-root"));
        Assert.Contains("您的角色無權控制服務。", card.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Details_are_shown_on_demand()
    {
        await LogInAsync();
        var card = Card(Running);
        Assert.Empty(card.FindAll("#service-details"));

        await card.Find(".panel-foot .link").ClickAsync(new());

        Assert.Equal(
            ["CPU 0.5%", "記憶體 1.2%", "啟動時間 10:30", "最後連線 2026-01-22 15:28:15", "命令 dotnet NotifyHub.Gateway.dll"],
            card.FindAll("#service-details > div").Select(Words));
    }

    [Fact]
    public async Task A_button_says_which_command_it_is()
    {
        await LogInAsync(Permissions.ControlService);
        List<string> commands = [];
        var card = Render<ServiceCard>(parameters => parameters
            .Add(one => one.Status, Running).Add(one => one.OnCommand, commands.Add));

        await card.FindAll(".panel-foot button.mud-button-root")[0].ClickAsync(new());
        await card.FindAll(".panel-foot button.mud-button-root")[1].ClickAsync(new());

        Assert.Equal(["restart", "stop"], commands);
    }

    [Fact]
    public async Task The_card_speaks_English_too()
    {
        await LogInAsync();

        var card = Render<ServiceCard>(parameters => parameters.Add(one => one.Status, Running).AddCascadingValue(Texts.English));

        Assert.Equal(
            "🟢 The service is running normally Started | 5 active connections / 100 in total",
            Words(card.Find("[data-testid=service-state]")));
    }

    private IRenderedComponent<ServiceCard> Card(ServiceStatus status, ApiException? failure = null) => Render<ServiceCard>(
        parameters => parameters.Add(card => card.Status, status).Add(card => card.Failure, failure));

    /// <summary>The visible text, with one blank between text nodes.</summary>
    private static string Words(IElement element) => string.Join(
        ' ', element.Descendants().OfType<IText>().Select(text => text.Text.Trim()).Where(text => text.Length > 0));
}
