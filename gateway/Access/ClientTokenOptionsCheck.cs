using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Settings;

namespace NotifyHub.Gateway.Access;

/// <summary>Finds the faults of the settings of client tokens, beside <see cref="GatewayOptionsCheck"/>.</summary>
internal sealed class ClientTokenOptionsCheck : IValidateOptions<GatewayOptions>
{
    /// <summary>As for every HS256 key: a shorter one could be guessed offline from any one token.</summary>
    private const int MinSecretBytes = GatewayOptions.MinJwtKeyBytes;

    public ValidateOptionsResult Validate(string? name, GatewayOptions options)
    {
        List<string> faults = [];
        var secretBytes = Encoding.UTF8.GetByteCount(options.ClientTokenSecret);
        if (secretBytes is > 0 and < MinSecretBytes)
            faults.Add($"NotifyHub:ClientTokenSecret: must have at least {MinSecretBytes} bytes, and has {secretBytes}.");
        if (options.ClientTokenSecret.Length > 0 && options.ClientTokenSecret == options.JwtKey)
            faults.Add("NotifyHub:ClientTokenSecret: must not be NotifyHub:JwtKey, or the application could sign logins.");
        if (options.ClientTokenIssuer is TokenIssuer.Issuer or OwnTokens.Issuer)
            faults.Add($"NotifyHub:ClientTokenIssuer: '{options.ClientTokenIssuer}' is the server's own issuer.");
        CheckFile("NotifyHub:ClientTokenKeys", options.ClientTokenKeys, PemKeys.Parse, faults);
        if (!Jwks.IsAddress(options.ClientTokenJwks))
            CheckFile("NotifyHub:ClientTokenJwks", options.ClientTokenJwks, Jwks.Parse, faults);
        else if (!Uri.TryCreate(options.ClientTokenJwks, UriKind.Absolute, out var address) || !Jwks.IsSafe(address))
            faults.Add("NotifyHub:ClientTokenJwks: must be a file or an https address (http only on this machine).");
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private static void CheckFile(string setting, string path, Func<string, ClientKey[]> parse, List<string> faults)
    {
        if (path.Length == 0) return;
        try
        {
            parse(File.ReadAllText(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            faults.Add($"{setting}: the file '{path}' cannot be read: {e.Message}");
        }
        catch (Exception e) when (e is CryptographicException or FormatException or ArgumentException)
        {
            faults.Add($"{setting}: the file '{path}' cannot be used: {e.Message}");
        }
    }
}
