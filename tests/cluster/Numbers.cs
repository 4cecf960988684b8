using System.Net;
using System.Text.Json;
using NotifyHub.TestKit;

namespace NotifyHub.ClusterTests;

/// <summary>The totals of the whole grid.</summary>
internal sealed record Numbers(long Active, long Total, long Errors)
{
    /// <summary>Waits until the totals match, and returns them.</summary>
    public static async Task<Numbers> UntilAsync(RestClient rest, Func<Numbers, bool> wanted)
    {
        var numbers = new Numbers(-1, -1, -1);
        await Until.TrueAsync(
            async () =>
            {
                var answer = await rest.GetAsync("/api/websocket/stats");
                if (answer.Status == HttpStatusCode.OK) numbers = Of(answer.Data);
                return wanted(numbers);
            },
            () => numbers.ToString(), "the totals match");
        return numbers;
    }

    private static Numbers Of(JsonElement stats) => new(
        stats.GetProperty("activeConnections").GetInt64(),
        stats.GetProperty("totalConnections").GetInt64(),
        stats.GetProperty("errorConnections").GetInt64());
}
