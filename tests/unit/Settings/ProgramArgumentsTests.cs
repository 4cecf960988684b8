using NotifyHub.Hosting;
using Xunit;

namespace NotifyHub.UnitTests.Settings;

public sealed class ProgramArgumentsTests
{
    [Theory]
    [InlineData("", ProgramTask.Serve, "")]
    [InlineData("ws:start", ProgramTask.Serve, "")]
    [InlineData("--NotifyHub:PushPort=1 ws:start", ProgramTask.Serve, "--NotifyHub:PushPort=1")]
    [InlineData("--notifyhub:pushport 1", ProgramTask.Serve, "--notifyhub:pushport 1")]
    [InlineData("NotifyHub:PushPort=1 /NotifyHub:PushKey=a", ProgramTask.Serve, "NotifyHub:PushPort=1 /NotifyHub:PushKey=a")]
    [InlineData(
        "--Logging:LogLevel:Default=Debug --environment Development",
        ProgramTask.Serve, "--Logging:LogLevel:Default=Debug --environment Development")]
    [InlineData("--health --NotifyHub:WebSocketPort=1", ProgramTask.Health, "--NotifyHub:WebSocketPort=1")]
    [InlineData("--NotifyHub:PushPort=1 --check", ProgramTask.Check, "--NotifyHub:PushPort=1")]
    [InlineData("--check --help --version", ProgramTask.Help, "")]
    public void What_it_takes(string line, ProgramTask task, string settings)
    {
        var arguments = Parse(line);

        Assert.Equal((task, settings), (arguments.Task, string.Join(' ', arguments.Settings)));
        Assert.Empty(arguments.Faults);
    }

    [Theory]
    [InlineData("stop")]
    [InlineData("ws:stop")]
    [InlineData("--PushPort=1")]
    [InlineData("--PushPort 1")]
    [InlineData("PushPort=1")]
    [InlineData("--verbose")]
    [InlineData("--NotifyHub:RequireToken")]
    [InlineData("--NotifyHub:RequireToken --NotifyHub:PushPort=1")]
    [InlineData("NotifyHub:RequireToken")]
    [InlineData("-NotifyHub:RequireToken")]
    public void What_it_refuses(string line) => Assert.Single(Parse(line).Faults);

    [Fact]
    public void No_value_of_what_it_refuses_is_shown() =>
        Assert.All(
            Parse("--PushKey secret secret --NotifyHubs:JwtKey=secret").Faults,
            fault => Assert.DoesNotContain("secret", fault, StringComparison.Ordinal));

    private static ProgramArguments Parse(string line) =>
        ProgramArguments.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries), "ws:start");
}
