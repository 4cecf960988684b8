using Bunit;
using MudBlazor;
using NotifyHub.Console.Language;
using NotifyHub.Console.Pages;
using Xunit;

namespace NotifyHub.ConsoleTests;

/// <summary>How the page shows the number of clients that a notification was sent to.</summary>
public sealed class NotificationsPageTests : ConsoleContext
{
    private const string List = "GET /api/notifications/windows";
    private const string One =
        """
        {"id":7,"title":"磁碟","message":"m","severity":"info","status":"delivered",
        "created_at":"2026-11-23 17:41:00","channel":"all","offset":7
        """;

    public NotificationsPageTests() =>
        Server.Answer(
            $"{List}/stats",
            """{"total":1,"today":1,"by_status":{"pending":0,"delivered":1,"read":0},"by_severity":{"info":1}}""");

    [Theory]
    [InlineData(",\"deliveries\":12345", "12,345", "12,345 個客戶端", "12,345 clients")]
    [InlineData(",\"deliveries\":1", "1", "1 個客戶端", "1 client")]
    [InlineData(",\"deliveries\":0", "0", "0 個客戶端", "0 clients")]
    [InlineData("", "—", "—", "—")]
    public async Task List_and_details_show_the_number_of_clients(
        string field, string inList, string chinese, string english)
    {
        Server.Answer(List, $$"""{"notifications":[{{One}}{{field}}}],"total":1}""");
        await LogInAsync();

        foreach (var (texts, inDetails) in ((Texts, string)[])[(Texts.Chinese, chinese), (Texts.English, english)])
        {
            var dialogs = Render<MudDialogProvider>(parameters => parameters.AddCascadingValue(texts));
            var page = Render<Notifications>(parameters => parameters.AddCascadingValue(texts));
            page.WaitForElement("tbody tr");
            Assert.Equal(inList, page.Find($"td[data-label='{texts.DeliveredTo}']").TextContent);
            Assert.Contains(texts.DeliveredTo, page.FindAll("th").Select(head => head.TextContent));

            await page.Find(".row-link").ClickAsync(new());

            var name = dialogs.WaitForElements(".facts dt").Single(each => each.TextContent == texts.DeliveredTo);
            Assert.Equal(inDetails, name.NextElementSibling!.TextContent);
        }
    }
}
