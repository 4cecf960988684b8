using System.Text;
using Microsoft.AspNetCore.Http;
using NotifyHub.Gateway.Api;
using NotifyHub.GrainInterfaces;
using Xunit;

namespace NotifyHub.UnitTests.Api;

public sealed class NotificationRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 22, 7, 30, 0, TimeSpan.Zero);

    [Fact]
    public void The_guides_notification_gets_the_defaults()
    {
        var draft = Read("""{"title": "WebSocket 測試", "message": "這是一個測試通知", "severity": "info"}""", out var faults);

        Assert.Empty(faults);
        Assert.Equal(
            new NotificationDraft(
                "windows", "WebSocket 測試", "這是一個測試通知", "info", "normal", null, null, null, null, null, null, Now),
            draft);
    }

    [Fact]
    public void Every_field_is_taken()
    {
        var draft = Read(
            """
            {"type":"ci","title":"t","message":"m","severity":"critical","priority":"high","icon":"i","action_url":"http://x/",
             "repo":"r","branch":"b","commit_sha":"c","metadata":{"n":1.50, "a":[null]}}
            """,
            out var faults);

        Assert.Empty(faults);
        Assert.Equal(
            new NotificationDraft(
                "ci", "t", "m", "critical", "high", "i", "http://x/", "r", "b", "c", "{\"n\":1.50, \"a\":[null]}", Now),
            draft);
    }

    [Fact]
    public void Misspelt_fields_are_refused_with_the_name_that_was_meant()
    {
        var draft = Read(
            $$"""{"title":"t","message":"m","severty":"error","Title":"t","zzzzzzzzzz":1,"{{new string('x', 65)}}":1}""",
            out var faults);

        Assert.Null(draft);
        Assert.Equal(
            new()
            {
                ["severty"] = "there is no such field; did you mean severity?",
                ["Title"] = "there is no such field; did you mean title?",
                ["zzzzzzzzzz"] = "there is no such field",
                [new string('x', 64) + "…"] = "there is no such field",
            },
            faults);
    }

    [Fact]
    public void Of_many_unknown_fields_a_hundred_are_named()
    {
        var body = string.Join(',', Enumerable.Range(0, 10_000).Select(n => $"\"f{n}\":1"));
        Read($$"""{"title":"t","message":"m",{{body}}}""", out var faults);
        Assert.Equal(100, faults.Count);
    }

    [Fact]
    public void A_field_that_is_repeated_is_named_once()
    {
        var body = string.Join(',', Enumerable.Repeat("\"titel\":1", 5_000));
        Read($$"""{"title":"t","message":"m",{{body}}}""", out var faults);
        var (field, fault) = Assert.Single(faults);
        Assert.Equal(("titel", "there is no such field; did you mean title?"), (field, fault));
    }

    [Fact]
    public void JSON_null_is_the_same_as_absent()
    {
        var draft = Read(
            """{"title":"t","message":"m","severity":null,"type":null,"icon":null,"metadata":null}""", out var faults);

        Assert.Empty(faults);
        Assert.Equal(
            new NotificationDraft("windows", "t", "m", "info", "normal", null, null, null, null, null, null, Now), draft);
    }

    [Fact]
    public void All_faults_are_reported_at_once()
    {
        Read("""{"title":5,"severity":"mild","priority":[],"icon":{},"type":""}""", out var faults);

        Assert.Equal(
            new()
            {
                ["title"] = "must be a string",
                ["message"] = "is required",
                ["severity"] = "must be one of: info, success, warning, error, critical",
                ["priority"] = "must be one of: low, normal, high",
                ["icon"] = "must be a string",
                ["type"] = "must be 1 to 50 characters long",
            },
            faults);
    }

    [Theory]
    [InlineData("http://x/", true)]
    [InlineData("HTTPS://example.com/a?b=c#d", true)]
    [InlineData("https://例子.example/路徑", true)]
    [InlineData("http://[2001:db8::1]:8080/", true)]
    [InlineData("javascript:alert(1)", false)]
    [InlineData("JaVaScRiPt:alert(1)", false)]
    [InlineData(" javascript:alert(1)", false)]
    [InlineData("java\\nscript:alert(1)", false)]
    [InlineData("data:text/html,<script>alert(1)</script>", false)]
    [InlineData("vbscript:x", false)]
    [InlineData("file:///etc/passwd", false)]
    [InlineData("ftp://example.com/", false)]
    [InlineData("//example.com/", false)]
    [InlineData("/builds/7", false)]
    [InlineData("example.com", false)]
    [InlineData("https://", false)]
    [InlineData("http:\\\\example.com", false)]
    [InlineData("https://a b.example/", false)]
    [InlineData(" https://example.com/", false)]
    [InlineData("https://example.com/\\t", false)]
    public void A_link_leads_to_the_web(string link, bool good)
    {
        var draft = Read($$"""{"title":"t","message":"m","action_url":"{{link}}"}""", out var faults);

        Assert.Equal(good ? link : null, draft?.ActionUrl);
        Assert.Equal(good ? [] : ["action_url"], faults.Keys);
    }

    [Fact]
    public void A_link_has_a_bound_and_an_empty_one_is_none()
    {
        Read(With("action_url", "http://x/".PadRight(2_048, 'y')), out var none);
        Assert.Empty(none);
        Read(With("action_url", "http://x/".PadRight(2_049, 'y')), out var faults);
        Assert.Equal(["action_url"], faults.Keys);
        Assert.Null(Read(With("action_url", ""), out none)!.ActionUrl);
        Assert.Empty(none);
    }

    [Fact]
    public void A_notification_of_a_batch_is_no_larger_than_one_alone()
    {
        Read($$"""{"title":"t","message":"m","unknown":"{{new string('x', 256 << 10)}}"}""", out var faults);
        Assert.Equal(["body"], faults.Keys);
    }

    [Theory]
    [InlineData("title", 255)]
    [InlineData("message", 10_000)]
    [InlineData("type", 50)]
    [InlineData("icon", 2_048)]
    [InlineData("repo", 255)]
    [InlineData("branch", 255)]
    [InlineData("commit_sha", 255)]
    public void Lengths_are_bounded_in_Unicode_characters(string field, int max)
    {
        // Two UTF-16 units, four bytes, one character.
        Read(With(field, string.Concat(Enumerable.Repeat("😀", max))), out var none);
        Assert.Empty(none);

        Read(With(field, string.Concat(Enumerable.Repeat("😀", max + 1))), out var faults);
        Assert.Equal([field], faults.Keys);
        Assert.EndsWith($"to {max} characters long", faults[field], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\\ud800", "must not contain a lone surrogate")]
    [InlineData("\\uDC00", "must not contain a lone surrogate")]
    [InlineData("\\udc00\\ud800", "must not contain a lone surrogate")]
    [InlineData("\\ud800x\\udc00", "must not contain a lone surrogate")]
    [InlineData("\\ud800\\n\\udc00", "must not contain a lone surrogate")]
    [InlineData("\\ud800\\ud800\\udc00", "must not contain a lone surrogate")]
    [InlineData("a\\u0000b", "must not contain U+0000")]
    [InlineData("\\\\\\u0000", "must not contain U+0000")]
    public void Text_that_no_storage_takes_is_refused_in_every_field(string text, string reason)
    {
        foreach (var field in (string[])["title", "message", "type", "severity", "icon", "commit_sha"])
        {
            Read($$"""{"title":"t","message":"m","{{field}}":"{{text}}"}""", out var faults);
            Assert.Equal(reason, Assert.Single(faults, fault => fault.Key == field).Value);
        }

        Read($$$"""{"title":"t","message":"m","metadata":{"a":[{"{{{text}}}":1}]}}""", out var inName);
        Assert.Equal(new() { ["metadata"] = reason }, inName);
        Read($$"""{"title":"t","message":"m","unknown":["{{text}}"]}""", out var inUnknown);
        Assert.Equal(new() { ["unknown"] = reason }, inUnknown);
        Read($$"""{"title":"t","message":"m","{{text}}":1}""", out var inField);
        Assert.Equal(new() { ["body"] = reason }, inField);
    }

    [Theory]
    [InlineData("\\ud83d\\ude00", "😀")]
    [InlineData("\\\\u0000", "\\u0000")]
    [InlineData("\\\\ud800", "\\ud800")]
    [InlineData("\\t\\u0001", "\t\u0001")]
    public void What_only_looks_like_it_is_taken(string text, string value)
    {
        var draft = Read($$"""{"title":"{{text}}","message":"m"}""", out var faults);

        Assert.Empty(faults);
        Assert.Equal(value, draft!.Title);
    }

    [Fact]
    public void Metadata_is_bounded_in_bytes_and_depth()
    {
        static string Nested(int depth) => new string('[', depth) + new string(']', depth);
        static string Long(int bytes) => $"\"{new string('x', bytes - 2)}\"";

        Assert.NotNull(Read($$"""{"title":"t","message":"m","metadata":{{Nested(32)}}}""", out _));
        Assert.NotNull(Read($$"""{"title":"t","message":"m","metadata":{{Long(16 << 10)}}}""", out _));

        Read($$"""{"title":"t","message":"m","metadata":{{Nested(33)}}}""", out var deep);
        Assert.Equal(new() { ["metadata"] = "must not be nested deeper than 32" }, deep);
        Read($$"""{"title":"t","message":"m","metadata":{{Long((16 << 10) + 1)}}}""", out var tooLong);
        Assert.Equal(new() { ["metadata"] = "must not be longer than 16384 bytes" }, tooLong);
    }

    [Theory]
    [InlineData("", "not valid JSON: line 1, byte 1")]
    [InlineData("{\"title\":\n1,}", "not valid JSON: line 2, byte 3")]
    [InlineData("[]", "must be a JSON object")]
    [InlineData("{} {}", "not valid JSON: line 1, byte 4")]
    public void A_body_that_is_no_object_is_one_fault(string body, string reason)
    {
        Assert.Null(Read(body, out var faults));
        Assert.Equal(new() { ["body"] = reason }, faults);
    }

    [Fact]
    public void Invalid_UTF8_is_one_fault()
    {
        var faults = new Faults();
        Assert.Null(NotificationRules.Read(
            new byte[] { (byte)'{', (byte)'"', 0xC0, (byte)'"', (byte)':', (byte)'1', (byte)'}' }, Now, faults));
        Assert.Equal(new() { ["body"] = "not valid UTF-8" }, faults.For(English()));
    }

    private static string With(string field, string value) => field switch
    {
        "title" => $$"""{"title":"{{value}}","message":"m"}""",
        "message" => $$"""{"title":"t","message":"{{value}}"}""",
        _ => $$"""{"title":"t","message":"m","{{field}}":"{{value}}"}""",
    };

    private static NotificationDraft? Read(string body, out Dictionary<string, string> faults)
    {
        var found = new Faults();
        var draft = NotificationRules.Read(Encoding.UTF8.GetBytes(body), Now, found);
        faults = found.For(English());
        return draft;
    }

    private static HttpRequest English()
    {
        var request = new DefaultHttpContext().Request;
        request.Headers.AcceptLanguage = "en";
        return request;
    }
}
