using System.Net;
using System.Text.Json;
using Xunit;

namespace NotifyHub.TestKit;

/// <param name="Body">The raw body.</param>
public sealed record RestAnswer(HttpStatusCode Status, string Body)
{
    public JsonElement Json => JsonElement.Parse(Body);

    public JsonElement Data => Json.GetProperty("data");

    /// <summary>The code of the error; fails when the answer is no error.</summary>
    public string? ErrorCode => Json.GetProperty("error").GetProperty("code").GetString();

    /// <summary>Fails with the body when the status differs.</summary>
    public RestAnswer Expect(HttpStatusCode status)
    {
        Assert.True(Status == status, $"Expected {(int)status}, got {(int)Status}: {Body}");
        return this;
    }

    /// <summary>Fails with the body when it is not this error.</summary>
    public void ExpectError(HttpStatusCode status, string code)
    {
        Expect(status);
        Assert.Equal(code, ErrorCode);
        Assert.False(Json.GetProperty("success").GetBoolean());
    }
}
