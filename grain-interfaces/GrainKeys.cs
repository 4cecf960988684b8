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

    private const string ChannelPrefix = "channel/";
    private const string GatewayPrefix = "gateway/";
    private const string UserPrefix = "user/";

    public static string Channel(string name) => ChannelPrefix + name;

    public static string Gateway(string gatewayId) => GatewayPrefix + gatewayId;

    /// <summary>The one of 256 that this e-mail address belongs to.</summary>
    public static string User(string email) =>
        UserPrefix + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(NormaliseEmail(email))).AsSpan(0, 1));

    public static string ChannelName(string key) => Strip(key, ChannelPrefix);

    public static string GatewayId(string key) => Strip(key, GatewayPrefix);

    /// <summary>E-mail addresses are compared without regard to case or surrounding blanks.</summary>
    public static string NormaliseEmail(string email) => email.Trim().ToLowerInvariant();

    private static string Strip(string key, string prefix) => key.StartsWith(prefix, StringComparison.Ordinal)
        ? key[prefix.Length..]
        : throw new ArgumentException($"The grain key '{key}' does not start with '{prefix}'.", nameof(key));
}
