using System.Net;
using System.Net.Http.Headers;
using System.Reflection;
using System.Text;
using Microsoft.AspNetCore.Http;
using NotifyHub.Gateway.Api;
using NotifyHub.GrainInterfaces;
using Xunit;

namespace NotifyHub.UnitTests.Api;

public sealed class ErrorTests
{
    [Fact]
    public void The_catalogue_is_complete_in_both_languages()
    {
        var declared = typeof(ErrorCatalogue).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Where(field => field.FieldType == typeof(ApiError)).Select(field => (ApiError)field.GetValue(null)!);

        Assert.Equal(declared, ErrorCatalogue.All);
        Assert.Distinct(ErrorCatalogue.All.Select(error => error.Code));
        Assert.All(ErrorCatalogue.All, error =>
        {
            Assert.Matches("^[A-Z]+(_[A-Z]+)*$", error.Code);
            Assert.InRange(error.Status, 400, 599);
            Assert.Contains(error.Message.Chinese, letter => letter is >= '\u4E00' and <= '\u9FFF');
            Assert.Matches("^[ -~]+$", error.Message.English);
        });
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("", false)]
    [InlineData("*", false)]
    [InlineData("fr", false)]
    [InlineData("en", true)]
    [InlineData("EN-gb", true)]
    [InlineData("eng", false)]
    [InlineData("fr, en;q=0.5", true)]
    [InlineData("zh-TW,zh;q=0.9,en;q=0.8", false)]
    [InlineData("en;q=0.8, zh-TW;q=0.3", true)]
    [InlineData("en;q=0", false)]
    [InlineData("\"", false)]
    public void English_is_for_those_who_prefer_it_to_Chinese(string? acceptLanguage, bool english)
    {
        var request = new DefaultHttpContext().Request;
        request.Headers.AcceptLanguage = acceptLanguage;
        Assert.Equal(english, Text.IsEnglish(request));
    }

    [Fact]
    public async Task Whatever_fails_is_answered_in_the_envelope()
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();

        await AssertAsync(server.GetAsync("/api/nothing"), HttpStatusCode.NotFound, "NOT_FOUND");
        await AssertAsync(server.GetAsync("/"), HttpStatusCode.NotFound, "NOT_FOUND");
        await AssertAsync(server.GetAsync("/api/notifications/windows/abc", token), HttpStatusCode.NotFound, "NOT_FOUND");
        await AssertAsync(server.GetAsync("/api/auth/login"), HttpStatusCode.MethodNotAllowed, "METHOD_NOT_ALLOWED");
        await AssertAsync(
            server.SendAsync(HttpMethod.Options, "/api/auth/login"), HttpStatusCode.MethodNotAllowed, "METHOD_NOT_ALLOWED");
        await AssertAsync(server.GetAsync("/api/websocket/stats"), HttpStatusCode.Unauthorized, "UNAUTHORIZED");
        await AssertAsync(server.PostAsync("/api/auth/login", "{"), HttpStatusCode.BadRequest, "VALIDATION_ERROR");
        await AssertAsync(
            server.PostAsync("/api/push", $$"""{"a":"{{new string('x', 1_100_000)}}"}""", token),
            HttpStatusCode.RequestEntityTooLarge, "PAYLOAD_TOO_LARGE");
        await AssertAsync(server.GetAsync("/api/fails"), HttpStatusCode.InternalServerError, "INTERNAL_ERROR");
        Assert.DoesNotContain("secret", (await server.GetAsync("/api/fails")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_that_is_not_JSON_by_its_type_is_415()
    {
        await using var server = await ApiServer.StartAsync();
        using var form = new StringContent("a=b", Encoding.UTF8, "application/x-www-form-urlencoded");
        using var response = await server.Client.PostAsync("/api/auth/login", form, TestContext.Current.CancellationToken);

        await AssertAsync(Answer.OfAsync(response), HttpStatusCode.UnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE");
    }

    [Fact]
    public async Task A_body_without_a_type_is_read_as_JSON()
    {
        await using var server = await ApiServer.StartAsync();
        using var body = new ByteArrayContent(
            Encoding.UTF8.GetBytes($$"""{"email":"{{FakeGrid.Email}}","password":"{{FakeGrid.Password}}"}"""));
        using var response = await server.Client.PostAsync("/api/auth/login", body, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    public static TheoryData<string> Unavailabilities => ["storage", "busy", "timeout", "canceled", "orleans"];

    [Theory]
    [MemberData(nameof(Unavailabilities))]
    public async Task A_grid_that_cannot_now_is_503_and_a_time_to_come_back(string why)
    {
        await using var server = await ApiServer.StartAsync();
        var token = await server.LogInAsync();
        server.Grid.Fault = why switch
        {
            "storage" => new StorageUnavailableException("password=secret"),
            "busy" => new ChannelBusyException(),
            "timeout" => new TimeoutException(),
            "canceled" => new TaskCanceledException(),
            _ => new OrleansException("no silos"),
        };

        var answer = await server.PostAsync("/api/push", "{}", token);
        await AssertAsync(Task.FromResult(answer), HttpStatusCode.ServiceUnavailable, "UNAVAILABLE");
        Assert.Equal(TimeSpan.FromSeconds(1), answer.Headers.RetryAfter!.Delta);
        Assert.True(answer.Error.GetProperty("again").GetBoolean());
        Assert.Equal(1000, answer.Error.GetProperty("after_ms").GetInt32());
        Assert.DoesNotContain("secret", answer.Body, StringComparison.Ordinal);
        await AssertAsync(
            server.SendAsync(HttpMethod.Get, "/api/websocket/stats", headers: ("X-API-Key", FakeGrid.ApiKeySecret)),
            HttpStatusCode.ServiceUnavailable, "UNAVAILABLE");
    }

    [Fact]
    public async Task Chinese_is_written_as_Chinese_and_English_on_demand()
    {
        await using var server = await ApiServer.StartAsync();

        var chinese = await server.GetAsync("/api/nothing");
        Assert.Equal("""{"success":false,"error":{"code":"NOT_FOUND","message":"找不到資源","again":false}}""", chinese.Body);
        Assert.Equal(["Accept-Language"], chinese.Headers.Vary);

        var english = await server.SendAsync(HttpMethod.Get, "/api/nothing", headers: ("Accept-Language", "en"));
        Assert.Equal(
            """{"success":false,"error":{"code":"NOT_FOUND","message":"There is no such resource.","again":false}}""",
            english.Body);
    }

    [Fact]
    public async Task HEAD_is_answered_like_GET_without_a_body()
    {
        await using var server = await ApiServer.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Head, "/api/system/websocket/status");
        using var response = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(MediaTypeHeaderValue.Parse("application/json; charset=utf-8"), response.Content.Headers.ContentType);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    private static async Task AssertAsync(Task<Answer> pending, HttpStatusCode status, string code)
    {
        var answer = await pending;
        Assert.Equal((status, code), (answer.Status, answer.Code));
        Assert.NotEmpty(answer.Error.GetProperty("message").GetString()!);
    }
}
