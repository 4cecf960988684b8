using System.Text;
using Microsoft.Extensions.Configuration;
using NotifyHub.Gateway.Settings;
using NotifyHub.Grains.Settings;
using NotifyHub.Hosting.Settings;
using Xunit;

namespace NotifyHub.UnitTests.Settings;

public sealed class SettingsCheckTests
{
    [Theory]
    [InlineData("NotifyHub:PushKey", "x")]
    [InlineData("notifyhub:PUSHKEY", "x")]
    [InlineData("NotifyHub:Silos:0", "silo:30000")]
    [InlineData("NotifyHub:Silos:7", "silo:30000")]
    [InlineData("NotifyHub:Silos", "")]
    [InlineData("NotifyHub:TlsPorts", "WebSocket, Console")]
    [InlineData("NotifyHub:RetentionAge", "7d")]
    [InlineData("NotifyHub:SiloPort", "11111")]
    [InlineData("Logging:LogLevel:Default", "Debug")]
    [InlineData("NOTIFYHUB_URL", "http://localhost")]
    [InlineData("NOTIFYHUB_GATEWAY_PORT", "tcp://10.0.0.1:8080")]
    public void What_a_program_or_its_neighbour_understands_is_no_fault(string key, string value) =>
        Assert.Empty(Faults((key, value)));

    [Theory]
    [InlineData("NotifyHub:PushKay", "did you mean PushKey?")]
    [InlineData("NotifyHub:psuhkey", "did you mean PushKey?")]
    [InlineData("NotifyHub:Push:Key", "did you mean PushKey?")]
    [InlineData("NotifyHub:Silo:0", "did you mean")]
    [InlineData("NotifyHub:Nonsense", "--help lists them all")]
    [InlineData("NotifyHub:Mode:0", "must be one value")]
    [InlineData("NotifyHub:Silos", "is a list; its first entry is NotifyHub:Silos:0")]
    [InlineData("NotifyHub:Silos:first", "is a list")]
    [InlineData("NotifyHub:Silos:01", "is a list")]
    [InlineData("NotifyHub:Silos:-1", "is a list")]
    [InlineData("NotifyHub:Silos:0:Host", "is a list")]
    [InlineData("NotifyHub:PushPort", "is not a whole number")]
    [InlineData("NotifyHub:RequireToken", "is neither True nor False")]
    [InlineData("NotifyHub:Mode", "is none of Embedded, Cluster")]
    [InlineData("NotifyHub:PingInterval", "is not a time")]
    [InlineData("NotifyHub:RetentionAge", "is not a time")]
    [InlineData("NotifyHup:PushKey", "did you mean NotifyHub?")]
    [InlineData("NotifyHub_PushKey", "has one underscore; the setting is NotifyHub__PushKey")]
    [InlineData("NOTIFYHUB_PUSHKEY", "has one underscore; the setting is NotifyHub__PushKey")]
    public void What_the_binder_would_pass_over_is_a_fault(string key, string expected)
    {
        var fault = Assert.Single(Faults((key, "any")));
        Assert.Contains(expected, fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("7")]
    [InlineData("Embedded,Cluster")]
    [InlineData("")]
    public void A_choice_is_one_of_its_names(string value) => Assert.Single(Faults(("NotifyHub:Mode", value)));

    [Fact]
    public void A_setting_that_is_null_in_a_file_is_a_fault()
    {
        var json = """{"NotifyHub":{"JwtKey":null,"Silos":[],"ApiOrigins":[null]}}""";
        var configuration = new ConfigurationBuilder()
            .AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(json))).Build();

        Assert.Equal(
            ["NotifyHub:ApiOrigins:0: has no value.", "NotifyHub:JwtKey: has no value; leave it out for its default."],
            SettingsCheck.Faults(configuration, typeof(GatewayOptions)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_secret_file_without_the_prefix_is_a_fault()
    {
        var folder = Directory.CreateTempSubdirectory("notifyhub-settings-");
        foreach (var file in new[] { "JwtKey", "NotifyHub__PushKey", "postgres-password" })
            File.WriteAllText(Path.Combine(folder.FullName, file), "secret");

        var fault = Assert.Single(
            SettingsCheck.Faults(new ConfigurationBuilder().AddKeyPerFile(folder.FullName).Build(), typeof(GatewayOptions)));

        Assert.Equal("NotifyHub:SecretsFolder: the file 'JwtKey' is no setting; name it NotifyHub__JwtKey.", fault);
        folder.Delete(recursive: true);
    }

    private static List<string> Faults(params (string Key, string Value)[] settings) => SettingsCheck.Faults(
        new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value))).Build(),
        typeof(GatewayOptions), typeof(SiloOptions));
}
