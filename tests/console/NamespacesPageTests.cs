using System.Net;
using Bunit;
using MudBlazor;
using NotifyHub.Console.Api;
using NotifyHub.Console.Components;
using NotifyHub.Console.Language;
using NotifyHub.Console.Pages;
using Xunit;

namespace NotifyHub.ConsoleTests;

/// <summary>The list of namespaces, and the form of one.</summary>
public sealed class NamespacesPageTests : ConsoleContext
{
    private const string Orders =
        """
        {"name":"orders","subscribe":"public","publish":"nobody","retention":"day","history_limit":null,"presence":"off",
        "message_bytes":65536,"publishes_per_second":5,"set":["subscribe","history_limit","publishes_per_second"]}
        """;

    public NamespacesPageTests() =>
        Server.Answer("GET /api/namespaces", $$"""{"namespaces":[{{Orders}}],"total":1,"page":1,"limit":20}""");

    [Fact]
    public async Task The_list_shows_what_is_in_effect_and_what_is_set()
    {
        await LogInAsync();
        foreach (var (texts, words) in ((Texts, string[])[])
            [
                (Texts.Chinese, ["任何人", "不允許", "1 天", "無上限", "關閉", "65,536", "5"]),
                (Texts.English, ["anybody", "nobody", "1 day", "no limit", "off", "65,536", "5"]),
            ])
        {
            var page = Render<Namespaces>(parameters => parameters.AddCascadingValue(texts));
            page.WaitForElement("tbody tr");

            var cells = page.FindAll("tbody td").Skip(1).Take(7).ToArray();
            Assert.Equal(words, cells.Select(cell => cell.TextContent));
            Assert.Equal(
                [false, true, true, false, true, true, false], cells.Select(cell => cell.ClassList.Contains("muted")));
        }
    }

    [Fact]
    public async Task Saving_sends_only_what_is_set()
    {
        string? sent = null;
        Server.Answer("PUT /api/namespaces/orders", async request =>
        {
            sent = await request.Content!.ReadAsStringAsync();
            return FakeServer.Json(HttpStatusCode.OK, $$"""{"success":true,"data":{{Orders}}}""");
        });
        await LogInAsync();
        var (page, dialogs, editing) = Edit();
        await dialogs.Find("select").ChangeAsync(new() { Value = "staff" });
        await dialogs.Find("#namespace-form").SubmitAsync();

        await editing;
        page.WaitForAssertion(() =>
            Assert.Equal(2, Server.Asked.Count(asked => asked.StartsWith("GET", StringComparison.Ordinal))));
        Assert.Equal("""{"subscribe":"staff","history_limit":null,"publishes_per_second":5}""", sent);
    }

    [Fact]
    public async Task What_the_API_refuses_is_shown_at_its_field()
    {
        Server.Refuse(
            "PUT /api/namespaces/orders", HttpStatusCode.BadRequest, "VALIDATION_ERROR", "請求內容不正確",
            details: """{"message_bytes":"太大"}""");
        await LogInAsync();
        var (_, dialogs, editing) = Edit();

        await dialogs.Find("#namespace-form").SubmitAsync();

        dialogs.WaitForAssertion(() => Assert.Contains("太大", dialogs.Markup, StringComparison.Ordinal));
        await dialogs.FindAll(".mud-dialog-actions button")[0].ClickAsync(new());
        await editing;
    }

    [Fact]
    public void Fields_keep_what_is_set_and_check_numbers()
    {
        var fields = NamespaceFields.Of(new ChannelNamespace(
            "orders", "public", "nobody", "day", null, "off", 65_536, 5, ["history_limit", "publishes_per_second"]));

        Assert.Equal("""{"history_limit":null,"publishes_per_second":5}""", fields.ToOptions().ToJsonString());
        Assert.Empty(fields.Faults(Texts.English));

        (fields.Name, fields.HistoryLimit, fields.MessageBytes, fields.PublishesPerSecond) = ("a:b", "-1", "0", "many");
        Assert.Equal(
            ["history_limit", "message_bytes", "name", "publishes_per_second"],
            fields.Faults(Texts.English).Keys.Order(StringComparer.Ordinal));
    }

    /// <summary>Opens the form of a namespace. The click has been handled when the dialog is closed.</summary>
    private (IRenderedComponent<Namespaces> Page, IRenderedComponent<MudDialogProvider> Dialogs, Task Editing) Edit()
    {
        var dialogs = Render<MudDialogProvider>();
        var page = Render<Namespaces>();
        page.WaitForElement("tbody tr");
        var editing = page.Find($"[aria-label='{Texts.Chinese.On(Texts.Chinese.Edit, "orders")}']").ClickAsync(new());
        dialogs.WaitForElement("#namespace-form");
        return (page, dialogs, editing);
    }
}
