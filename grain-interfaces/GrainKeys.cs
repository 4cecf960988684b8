using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace NotifyHub.GrainInterfaces;

/// <summary>
/// Keys of the grid's grains. String keys carry a prefix with a non-hex letter: Orleans' ADO.NET storage normalises keys that
/// look like hex numbers or GUIDs, so that <c>"abc"</c>, <c>"ABC"</c> and <c>"0abc"</c> would share one row.
/// </summary>
public static class GrainKeys
{
    /// <summary>The guide's public broadcast: every client follows it.</summary>
    public const string PublicChannel = "all";

    /// <summary>Key of the grains that exist once in the grid: <see cref="IServiceGrain"/>, <see cref="IStatsGrain"/>, and the
    /// stateless ones.</summary>
    public const long Only = 0;

    /// <summary>The log of <see cref="PublicChannel"/>, which has no other channel.</summary>
    public const int PublicLog = 0;

    private const string LogPrefix = "log/";
    private const string GatewayPrefix = "gateway/";
    private const string UserPrefix = "user/";

    /// <summary>A log by its name.</summary>
    public static string Log(string name) => LogPrefix + name;

    /// <summary>The name of a log: <c>all</c>, or <c>p01</c>, <c>p02</c>, … for those that carry channels.</summary>
    public static string LogName(int log) =>
        log == PublicLog ? PublicChannel : string.Create(CultureInfo.InvariantCulture, $"p{log:00}");

    public static string Gateway(string gatewayId) => GatewayPrefix + gatewayId;

    /// <summary>The one of 256 that this e-mail address belongs to.</summary>
    public static string User(string email) =>
        UserPrefix + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(NormaliseEmail(email))).AsSpan(0, 1));

    /// <summary>The name of the log with this grain key.</summary>
    public static string LogNameOf(string key) => Strip(key, LogPrefix);

    /// <summary>The number of the log with this name; null: it carries no channels, as the public channel's.</summary>
    public static int? LogNumber(string name) =>
        name is ['p', _, ..]
        && int.TryParse(name.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var log) ? log : null;

    public static string GatewayId(string key) => Strip(key, GatewayPrefix);

    /// <summary>E-mail addresses are compared without regard to case or surrounding blanks.</summary>
    public static string NormaliseEmail(string email) => email.Trim().ToLowerInvariant();

    private static string Strip(string key, string prefix) => key.StartsWith(prefix, StringComparison.Ordinal)
        ? key[prefix.Length..]
        : throw new ArgumentException($"The grain key '{key}' does not start with '{prefix}'.", nameof(key));
}
