using System.Net;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ProcessTests;

/// <summary>The machine's clock is set while the process runs, as after a suspension or a first synchronisation.</summary>
public sealed class WrongClockTests
{
    [Fact]
    public async Task Logins_tokens_keys_and_publishes_work_on()
    {
        using var clock = new FakeTime();
        await using var hub = await NotifyHubProcess.StartAsync(clock.Settings);
        using var rest = await hub.LogInAsync();
        using var service = hub.Rest();
        service.ApiKey = (await rest.PostAsync("/api/keys", """{"name":"service"}"""))
            .Expect(HttpStatusCode.Created).Data.GetProperty("key").GetString();
        await using var client = await hub.ConnectAsync();

        // Six minutes back used to break it; a year back is a machine that lost its clock.
        foreach (var ahead in (TimeSpan[])[TimeSpan.FromMinutes(-6), TimeSpan.FromDays(-365)])
        {
            var begin = hub.Output.Length;
            clock.Set(ahead);
            await Until.TrueAsync(
                () => hub.Output.AsSpan(begin).Contains("The system clock was set back by", StringComparison.Ordinal));
            await WorksAsync(ahead);
            Assert.Equal("healthy", (await rest.StatusAsync()).GetProperty("health").GetProperty("status").GetString());
            (await rest.GetAsync("/api/auth/me")).Expect(HttpStatusCode.OK);
        }

        clock.Set(TimeSpan.FromDays(10));
        await Until.TrueAsync(() => hub.Output.Contains("The system clock was set ahead by", StringComparison.Ordinal));
        // The clock decides that its token has expired.
        await Until.TrueAsync(async () => (await rest.GetAsync("/api/auth/me")).Status == HttpStatusCode.Unauthorized);
        await WorksAsync(TimeSpan.FromDays(10));
        Assert.DoesNotContain("ArgumentException", hub.Output, StringComparison.Ordinal);

        async Task WorksAsync(TimeSpan ahead)
        {
            // Each login is one that the grid has not seen before.
            for (var i = 0; i < 5; i++)
            {
                var login = $$"""{"email":"{{ahead.TotalMinutes}}-{{i}}@example.com","password":"wrong"}""";
                (await service.PostAsync("/api/auth/login", login))
                    .ExpectError(HttpStatusCode.Unauthorized, "INVALID_CREDENTIALS");
            }

            using var again = await hub.LogInAsync();
            (await again.GetAsync("/api/auth/me")).Expect(HttpStatusCode.OK);
            (await service.PostAsync("/api/push", $$"""{"rest":{{ahead.TotalMinutes}}}""")).Expect(HttpStatusCode.OK);
            using var push = await hub.ConnectPushAsync();
            Assert.Equal("ok", await push.PushAsync($$"""{"tcp":{{ahead.TotalMinutes}}}"""));
            Assert.Equal($$"""{"rest":{{ahead.TotalMinutes}}}""", await client.NextAsync());
            Assert.Equal($$"""{"tcp":{{ahead.TotalMinutes}}}""", await client.NextAsync());
        }
    }
}
