using System.Reflection;
using Microsoft.Extensions.Configuration;
using NotifyHub.Gateway.Settings;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Settings;
using NotifyHub.Hosting.Settings;
using Xunit;

namespace NotifyHub.UnitTests.Api;

public sealed class SettingsListTests
{
    [Fact]
    public void The_last_one_who_gives_a_setting_is_its_source()
    {
        var folder = Directory.CreateTempSubdirectory("notifyhub-settings-");
        File.WriteAllText(
            folder.FullName + "/app.json",
            """{"NotifyHub":{"PushPort":1,"WebSocketPort":1,"Senders":1,"PushIdle":"00:00:01"}}""");
        File.WriteAllText(folder.FullName + "/NotifyHub__PushKey", "secret");
        Environment.SetEnvironmentVariable("SETTINGS_TEST_NotifyHub__WebSocketPort", "2");
        Environment.SetEnvironmentVariable("SETTINGS_TEST_NotifyHub__Senders", "2");
        Environment.SetEnvironmentVariable("SETTINGS_TEST_NotifyHub__AllowedOrigins__0", "https://a.example");
        var configuration = new ConfigurationBuilder()
            .AddJsonFile(folder.FullName + "/app.json")
            .AddConfiguration(new ConfigurationBuilder().AddEnvironmentVariables("SETTINGS_TEST_").Build())
            .AddCommandLine(["--NotifyHub:Senders=3"])
            .AddKeyPerFile(folder.FullName)
            .Build();

        var settings = SettingsList.Of(
            configuration.GetSection("NotifyHub").Get<GatewayOptions>()!, new GatewayOptions(), configuration, "Gateway")
            .ToDictionary(setting => setting.Name);

        Assert.Equal(("1", "8081", SettingSource.File), Seen("PushPort"));
        Assert.Equal(("1s", "5s", SettingSource.File), Seen("PushIdle"));
        Assert.Equal(("2", "8080", SettingSource.Environment), Seen("WebSocketPort"));
        Assert.Equal(("https://a.example", "", SettingSource.Environment), Seen("AllowedOrigins"));
        Assert.Equal(("3", "0", SettingSource.Argument), Seen("Senders"));
        Assert.Equal((SettingsList.Mask, "", SettingSource.File), Seen("PushKey"));
        Assert.Equal(("65536", "65536", SettingSource.Default), Seen("OutboxBytes"));
        folder.Delete(recursive: true);

        (string, string, string) Seen(string name) => (settings[name].Value, settings[name].Default, settings[name].Source);
    }

    [Theory]
    [InlineData("Host=db;Username=hub;Password=a", "Host=db;Username=hub;Password=••••••")]
    [InlineData("Host=db;PWD='a;b'", "Host=db;Password=••••••")]
    [InlineData("Host=db;PSW=abc", "Host=db;Password=••••••")]
    [InlineData("Server=db;User Id=hub;Password=abc", "Host=db;Username=hub;Password=••••••")]
    [InlineData("Host=db;SSL Password=abc", "Host=db;SSL Password=••••••")]
    [InlineData("Host=db;Options=-c secret=abc", "Host=db;Options=••••••")]
    [InlineData("Host=db;b=abc", "••••••")]
    [InlineData("Data Source=hub.db;Password=abc", "Data Source=hub.db;Password=••••••")]
    [InlineData("Data Source=data/notifyhub.db", "Data Source=data/notifyhub.db")]
    [InlineData("Password=abc;nonsense", "••••••")]
    public void No_secret_of_a_connection_string_is_shown(string storage, string shown)
    {
        var options = new SiloOptions { Storage = storage, AdministratorPassword = "abc" };
        var settings = SettingsGrain.List(options, new ConfigurationBuilder().Build()).ToDictionary(setting => setting.Name);

        Assert.Equal(shown, settings["Storage"].Value, ignoreCase: true);
        Assert.Equal(SettingsList.Mask, settings["AdministratorPassword"].Value);
    }

    [Fact]
    public void Secrets_are_masked_and_their_locations_are_shown()
    {
        var shown = SettingsList.Of(new Kinds(), new Kinds(), new ConfigurationBuilder().Build(), "Gateway")
            .ToDictionary(setting => setting.Name, setting => setting.Value);

        Assert.Equal(
            ["ApiTokens", "KeyPassphrase", "PushKeys"],
            shown.Where(setting => setting.Value == SettingsList.Mask).Select(setting => setting.Key).Order());
    }

    private sealed class Kinds
    {
        public string[] PushKeys { get; } = ["abc"];

        public string[] ApiTokens { get; } = ["abc"];

        public string KeyPassphrase { get; } = "abc";

        public string TlsKeyFile { get; } = "/etc/tls.key";

        public string SecretsFolder { get; } = "/run/secrets";

        public bool RequireToken { get; } = true;

        public int TokensPerSecond { get; } = 5;

        public string Address { get; } = "*";
    }

    [Fact]
    public void Every_setting_has_its_meaning()
    {
        var configuration = new ConfigurationBuilder().Build();
        foreach (var (settings, type) in new[]
        {
            (SettingsList.Of(new GatewayOptions(), new GatewayOptions(), configuration, "Gateway"), typeof(GatewayOptions)),
            (SettingsGrain.List(new SiloOptions(), configuration), typeof(SiloOptions)),
        })
        {
            Assert.Equal(
                type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(property => property.Name),
                settings.Select(setting => setting.Name));
            Assert.All(settings, setting => Assert.EndsWith(".", setting.Description, StringComparison.Ordinal));
            Assert.All(settings, setting => Assert.Equal(setting.Default, setting.Value));
        }
    }

    [Fact]
    public async Task An_administrator_sees_both_parts_without_secrets()
    {
        await using var server = await ApiServer.StartAsync(("PushKey", "push secret"));
        var token = await server.LogInAsync();
        var answer = await server.GetAsync("/api/system/settings", token);
        var settings = answer.Data.GetProperty("settings").EnumerateArray().ToArray();

        Assert.DoesNotContain("push secret", answer.Body, StringComparison.Ordinal);
        Assert.DoesNotContain(ApiServer.JwtKey, answer.Body, StringComparison.Ordinal);
        Assert.Equal(
            """
            {"name":"PushKey","value":"••••••","default":"","source":"file","part":"gateway",
            "description":"設定後，推播連線的第一行必須是 AUTH <key>。"}
            """.ReplaceLineEndings(""),
            settings.Single(setting => setting.GetProperty("name").GetString() == "PushKey").GetRawText());

        answer = await server.SendAsync(HttpMethod.Get, "/api/system/settings", null, token, ("Accept-Language", "en"));
        var english = answer.Data.GetProperty("settings").EnumerateArray().ToArray();
        Assert.Equal(
            "When set, a push connection must begin with the line AUTH <key>.",
            english.Single(setting => setting.GetProperty("name").GetString() == "PushKey")
                .GetProperty("description").GetString());
        Assert.Equal(
            """
            {"name":"Storage","value":"Host=db;Password=••••••","default":"Data Source=data/notifyhub.db",
            "source":"environment","part":"silo","description":"Connection string."}
            """.ReplaceLineEndings(""),
            english[^1].GetRawText());
    }
}
