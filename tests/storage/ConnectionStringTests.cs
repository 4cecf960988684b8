using NotifyHub.Grains.Storage;
using Xunit;

namespace NotifyHub.StorageTests;

public sealed class ConnectionStringTests
{
    [Theory]
    [InlineData("Host=localhost;Database=notifyhub", "Npgsql")]
    [InlineData("server=localhost;database=notifyhub", "Npgsql")]
    [InlineData("Data Source=data/notifyhub.db", "System.Data.SQLite")]
    [InlineData("filename=notifyhub.db", "System.Data.SQLite")]
    public async Task The_keys_choose_the_database_and_nothing_is_touched_yet(string connectionString, string invariant)
    {
        await using var database = DatabaseFactory.Open(connectionString);

        Assert.Equal(invariant, database.Invariant);
    }

    [Fact]
    public async Task What_the_operator_sets_is_kept_and_what_is_left_open_gets_our_defaults()
    {
        const string Given =
            "Host=localhost;Timeout=7;Command Timeout=8;Maximum Pool Size=9;Application Name=mine;Options=theirs;"
            + "No Reset On Close=False;Host Recheck Seconds=30;Connection Lifetime=99";
        const string Defaults = "Timeout=5;Command Timeout=7;Maximum Pool Size=20;Application Name=NotifyHub;"
            + "No Reset On Close=True;Host Recheck Seconds=2;Connection Lifetime=60";
        await using var given = DatabaseFactory.Open(Given);
        await using var open = DatabaseFactory.Open("Host=localhost");

        Assert.Equal(Given, given.ConnectionString);
        Assert.Equal($"Host=localhost;{Defaults}", open.ConnectionString);
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("Username=x;Password=hunter2")]
    [InlineData("Host=localhost;Data Source=x.db;Password=hunter2")]
    [InlineData("Host=localhost;Port=many;Password=hunter2")]
    [InlineData("Host=localhost;Colour=red;Password=hunter2")]
    [InlineData("Data Source=x.db;Colour=red")]
    [InlineData("Data Source=:memory:")]
    [InlineData("Data Source=x;Mode=Memory;Cache=Shared")]
    [InlineData("Data Source=x.db;Cache=Shared")]
    [InlineData("Data Source=x.db;Mode=ReadOnly")]
    [InlineData("Data Source=file:x?mode=memory")]
    [InlineData("Data Source=file::memory:?cache=shared")]
    [InlineData("Data Source=FILE:x.db?nolock=1&psow=0")]
    [InlineData("Host=a,b;Target Session Attributes=standby;Password=hunter2")]
    [InlineData("Host=a,b;Target Session Attributes=any;Password=hunter2")]
    public void An_unusable_connection_string_is_an_error_that_names_the_setting_and_no_secret(string connectionString)
    {
        var error = Assert.Throws<ArgumentException>(() => DatabaseFactory.Open(connectionString));

        Assert.StartsWith(
            "The setting NotifyHub:Storage is not a usable connection string: ", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", error.ToString(), StringComparison.Ordinal);
    }
}
