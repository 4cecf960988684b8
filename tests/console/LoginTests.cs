using System.Net;
using Bunit;
using Microsoft.AspNetCore.Components;
using NotifyHub.Console.Accounts;
using NotifyHub.Console.Api;
using NotifyHub.Console.Language;
using Xunit;
using LoginPage = NotifyHub.Console.Pages.Login;
using TestContext = Xunit.TestContext;

namespace NotifyHub.ConsoleTests;

/// <summary>Logging in, staying logged in, and the notice when the session has ended.</summary>
public sealed class LoginTests : ConsoleContext
{
    private const string Request = "POST /api/auth/login";
    private const string Good =
        """{"token":"abc","user":{"id":1,"email":"a@b.c","name":"A","role":"operator","default_password":true"""
        + ""","permissions":["notifications.publish"]}}""";

    [Fact]
    public async Task A_login_is_kept_for_the_tab_and_leads_to_the_overview()
    {
        Server.Answer(Request, Good);

        await SubmitAsync(Render<LoginPage>());

        Assert.Equal("""{"email":"a@b.c","password":"secret"}""", Server.LastBody);
        Assert.Equal(
            ("abc", true, true, false),
            (Session.Token, Session.User!.DefaultPassword,
                Session.May(Permissions.Publish), Session.May(Permissions.ControlService)));
        Assert.Contains(
            JSInterop.Invocations, call => call.Identifier == "sessionStorage.setItem" && call.Arguments[1] as string == "abc");
        Assert.Equal("http://localhost/", Navigation.Uri);
    }

    [Fact]
    public async Task An_empty_form_sends_no_request()
    {
        var page = Render<LoginPage>();

        await page.Find("form").SubmitAsync();

        Assert.Empty(Server.Asked);
        Assert.Equal(
            2,
            page.FindAll(".mud-input-error .mud-input-helper-text, p.mud-input-error")
                .Count(text => text.TextContent.Contains("必填", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_refusal_says_why()
    {
        Server.Refuse(Request, HttpStatusCode.Unauthorized, "INVALID_CREDENTIALS", "電子郵件或密碼錯誤");
        var page = Render<LoginPage>();

        await SubmitAsync(page);

        Assert.Equal("電子郵件或密碼錯誤", page.Find("[role=alert]").TextContent);
        Assert.Null(Session.Ended);
    }

    [Fact]
    public async Task Too_many_attempts_show_the_seconds_to_wait()
    {
        Server.Refuse(Request, HttpStatusCode.TooManyRequests, "RATE_LIMITED", "嘗試次數過多，請稍後再試", retryAfter: 30);
        var page = Render<LoginPage>();

        await SubmitAsync(page);
        Assert.Equal("嘗試次數過多，請稍後再試（30 秒後可再試）", page.Find("[role=alert]").TextContent);
        Assert.True(page.Find("button[type=submit]").HasAttribute("disabled"));

        Clock.Advance(TimeSpan.FromSeconds(12));
        page.WaitForAssertion(() => Assert.Contains("18 秒後", page.Find("[role=alert]").TextContent, StringComparison.Ordinal));

        Clock.Advance(TimeSpan.FromSeconds(18));
        page.WaitForAssertion(() => Assert.False(page.Find("button[type=submit]").HasAttribute("disabled")));
    }

    [Theory]
    [InlineData("usage?view=requests", "http://localhost/usage?view=requests")]
    [InlineData("https://evil.example/", "http://localhost/")]
    [InlineData("//evil.example/", "http://localhost/")]
    [InlineData("/\\evil.example", "http://localhost/")]
    public async Task After_the_login_one_is_where_one_was_and_never_elsewhere(string wanted, string uri)
    {
        Server.Answer(Request, Good);
        Navigation.NavigateTo($"login?return={Uri.EscapeDataString(wanted)}");

        await SubmitAsync(Render<LoginPage>());

        Assert.Equal(uri, Navigation.Uri);
    }

    [Fact]
    public async Task A_token_that_is_good_no_more_ends_the_session()
    {
        await LogInAsync();
        Server.Refuse("GET /api/keys", HttpStatusCode.Unauthorized, "UNAUTHORIZED", "請先登入");

        await Assert.ThrowsAsync<ApiException>(() => Api.KeysAsync(TestContext.Current.CancellationToken));

        Assert.Equal((false, SessionEnd.Expired), (Session.IsActive, Session.Ended));
        Assert.Contains("登入已逾期", Render<LoginPage>().Find(".notice").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_change_of_password_does_not_end_the_session()
    {
        await LogInAsync();
        Server.Refuse(
            "POST /api/auth/password", HttpStatusCode.BadRequest, "VALIDATION_ERROR", "請求內容不正確",
            details: """{"current_password":"錯誤"}""");

        var failure = await Assert.ThrowsAsync<ApiException>(() => Api.ChangePasswordAsync("a", "b"));

        Assert.Equal("錯誤", failure.Details["current_password"]);
        Assert.True(Session.IsActive);
    }

    [Fact]
    public async Task Requests_carry_the_token_and_the_language()
    {
        await LogInAsync();
        await Preferences.SetEnglishAsync(true);
        Server.Answer("GET /api/keys", """{"keys":[]}""");

        Assert.Empty(await Api.KeysAsync(TestContext.Current.CancellationToken));

        Assert.Equal("Bearer token-1", Server.Last!.Headers.Authorization!.ToString());
        Assert.Equal("en", Server.Last.Headers.AcceptLanguage.ToString());
    }

    [Fact]
    public async Task No_answer_is_explained_in_the_users_language()
    {
        var failure = await Assert.ThrowsAsync<ApiException>(() => Api.StatusAsync(TestContext.Current.CancellationToken));

        Assert.Equal((ApiException.Unreachable, Texts.Chinese.Unreachable), (failure.Code, Texts.Chinese.Explain(failure)));
    }

    [Fact]
    public async Task A_proxys_error_page_is_explained_by_its_status()
    {
        Server.Answer("GET /api/keys", _ => Task.FromResult(
            new HttpResponseMessage(HttpStatusCode.BadGateway) { Content = new StringContent("<html>") }));

        var failure = await Assert.ThrowsAsync<ApiException>(() => Api.KeysAsync(TestContext.Current.CancellationToken));

        Assert.Contains("502", Texts.Chinese.Explain(failure), StringComparison.Ordinal);
    }

    private static async Task SubmitAsync(IRenderedComponent<LoginPage> page)
    {
        await page.Find("input[autocomplete=username]").InputAsync(new ChangeEventArgs { Value = "a@b.c" });
        await page.Find("input[autocomplete=current-password]").InputAsync(new ChangeEventArgs { Value = "secret" });
        await page.Find("form").SubmitAsync();
    }
}
