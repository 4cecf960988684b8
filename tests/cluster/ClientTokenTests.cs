using System.Net;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ClusterTests;

/// <summary>Client tokens in a grid: one key, one list of revocations.</summary>
[Collection(typeof(OneGrid))]
public sealed class ClientTokenTests(LocalCluster cluster)
{
    [Fact]
    public async Task What_is_revoked_at_one_gateway_ends_at_the_other()
    {
        await cluster.HealAsync();
        var (one, other) = (cluster.Gateways[0], cluster.Gateways[1]);
        using var rest = await cluster.LogInAsync(one);
        var (token, id) = await IssueAsync(rest, "42");
        var (bob, _) = await IssueAsync(rest, "43");
        await using var client = await other.ConnectAsync($"?token={token}");
        await using var stays = await other.ConnectAsync($"?token={bob}");

        (await rest.PostAsync("/api/tokens/revoke", $$"""{"jti":"{{id}}"}""")).Expect(HttpStatusCode.OK);

        Assert.Equal(4501, (await client.WaitUntilClosedAsync()).Code);
        await other.KillAsync();
        await other.StartAgainAsync();
        await LocalCluster.ReadyAsync(other);
        // It has forgotten everything, and reads it before it lets anybody in.
        await Assert.ThrowsAnyAsync<Exception>(() => other.ConnectAsync($"?token={token}"));
        await using var again = await other.ConnectAsync($"?token={bob}");
        await again.SendAsync("""{"type":"ping"}""");
        Assert.Equal("""{"type":"pong"}""", await again.NextAsync());
    }

    private static async Task<(string Token, string Id)> IssueAsync(RestClient rest, string user)
    {
        var data = (await rest.PostAsync("/api/tokens", $$"""{"user":"{{user}}"}""")).Expect(HttpStatusCode.OK).Data;
        return (data.GetProperty("token").GetString()!, data.GetProperty("jti").GetString()!);
    }
}
