using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;

namespace NotifyHub.Gateway.Access;

/// <summary>The <c>jti</c> of the server's own client tokens: <c>nh.&lt;exp in seconds&gt;.&lt;16 random bytes&gt;</c>.</summary>
internal static class OwnTokenId
{
    private const string Scheme = "nh";
    private const int RandomBytes = 16;

    public static string Make(DateTimeOffset expiresAt)
    {
        var random = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes));
        return string.Create(CultureInfo.InvariantCulture, $"{Scheme}.{expiresAt.ToUnixTimeSeconds()}.{random}");
    }

    /// <summary>When the token with this id ends; null: it is not one of the server's own.</summary>
    public static DateTimeOffset? EndOf(string id) =>
        id.Split('.') is [Scheme, var end, _]
        && long.TryParse(end, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
        && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds() ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;
}
