using System.Net;
using System.Text.Json;
using Xunit;

namespace NotifyHub.TestKit;

/// <param name="Body">As it came.</param>
public sealed record RestAnswer(HttpStatusCode Status, string Body)
{
    public JsonElement Json => JsonElement.Parse(Body);

    public JsonElement Data => Json.GetProperty("data");

    /// <summary>The error's code; fails when the answer is none.</summary>
    public string? ErrorCode => Json.GetProperty("error").GetProperty("code").GetString();

    /// <summary>Fails, showing the body, when the status is another one.</summary>
    public RestAnswer Expect(HttpStatusCode status)
    {
        Assert.True(Status == status, $"Expected {(int)status}, got {(int)Status}: {Body}");
        return this;
    }

    /// <summary>Fails, showing the body, when this is not that error.</summary>
    public void ExpectError(HttpStatusCode status, string code)
    {
        Expect(status);
        Assert.Equal(code, ErrorCode);
        Assert.False(Json.GetProperty("success").GetBoolean());
    }
}
