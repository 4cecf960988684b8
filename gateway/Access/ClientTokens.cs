using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Settings;

namespace NotifyHub.Gateway.Access;

/// <summary>Verifies client tokens: those that the application's backend has signed, and the server's own.</summary>
public sealed class ClientTokens
{
    private static readonly TokenVerdict Invalid = TokenVerdict.Refuse(TokenFault.Invalid);

    private readonly ClientKeys _keys;
    private readonly OwnTokens _own;
    private readonly TokenRevocations _revocations;
    private readonly ClientTokenReader _reader;
    private readonly ClientTokenReader _ownReader;
    private readonly int _maxLength;
    private volatile bool _wereUsed;

    public ClientTokens(
        ClientKeys keys, OwnTokens own, TokenRevocations revocations, IOptions<GatewayOptions> options, TimeProvider time)
    {
        (_keys, _own, _revocations, _maxLength) = (keys, own, revocations, options.Value.ClientTokenBytes);
        _reader = new ClientTokenReader(options.Value.ClientTokenIssuer, options.Value.ClientTokenAudience, time);
        _ownReader = new ClientTokenReader(OwnTokens.Issuer, "", time);
    }

    /// <summary>Some client of this gateway has shown a good one.</summary>
    public bool WereUsed => _wereUsed;

    /// <exception cref="TimeoutException">What it takes to judge the token (the grid, the application's keys) cannot be had now;
    /// or another failure of the grid.</exception>
    public async Task<TokenVerdict> VerifyAsync(string token)
    {
        if (token.Length > _maxLength || SignedToken.Parse(token) is not { } signed) return Invalid;
        var isOwn = signed.Issuer == OwnTokens.Issuer;
        // Before anything that it says is believed: an expiry that is reported of a forgery would say that the rest was right.
        if (!(isOwn ? await _own.HaveSignedAsync(signed) : await _keys.HaveSignedAsync(signed))) return Invalid;
        var verdict = (isOwn ? _ownReader : _reader).Read(signed.Claims);
        if (verdict.Principal?.Token is not { } client) return verdict;
        await _revocations.ReadAsync();
        if (_revocations.IsRevoked(client)) return Invalid;
        _wereUsed = true;
        return verdict;
    }

    /// <summary>Whether the token, whatever it is, says that it is a login token.</summary>
    internal static bool IsLogin(string token) => SignedToken.Parse(token)?.Issuer == TokenIssuer.Issuer;
}
