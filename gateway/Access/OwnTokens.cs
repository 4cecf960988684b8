using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Access;

/// <summary>
/// Client tokens that the server signs itself, for whoever has no library for that. The key is the grid's: every gateway verifies
/// what another one has issued.
/// </summary>
public sealed class OwnTokens(IGrainFactory grains, TokenRevocations revocations, TimeProvider time)
{
    /// <summary>Their <c>iss</c>, by which they are told from those of the application.</summary>
    public const string Issuer = "notifyhub/client";

    private readonly RecentAnswers<int, GridKey> _answers = new(time);
    private readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false };
    private volatile GridKey? _key;

    /// <summary>Signs a token.</summary>
    /// <param name="wanted">What it is to say; valid.</param>
    /// <param name="lifetime">At most <see cref="ClientTokenRules.MaxLifetime"/>.</param>
    /// <exception cref="TimeoutException">The grid, which has the key, does not answer.</exception>
    public async Task<IssuedToken> IssueAsync(WantedToken wanted, TimeSpan lifetime)
    {
        var key = await AskAsync();
        // In milliseconds, so that a token that follows a revocation of the same user is told from those before it.
        var issuedAt = await revocations.FirstGoodAsync(wanted.User, time.GetUtcNow());
        var expiresAt = DateTimeOffset.FromUnixTimeSeconds((issuedAt + lifetime).ToUnixTimeSeconds());
        var id = OwnTokenId.Make(expiresAt);
        var credentials = new SigningCredentials(
            new SymmetricSecurityKey(key.Secret) { KeyId = key.Id }, SecurityAlgorithms.HmacSha256);
        var token = _handler.CreateToken(Claims(wanted, id, issuedAt, expiresAt), credentials);
        return new IssuedToken(token, id, expiresAt);
    }

    /// <exception cref="TimeoutException">The grid, which has the key, does not answer.</exception>
    internal async ValueTask<bool> HaveSignedAsync(SignedToken token)
    {
        if (token.KeyId is null) return false;
        var key = _key;
        // A key of another name is the grid's when its database was replaced, and a forger's otherwise: asked once per second.
        if (key is null || key.Id != token.KeyId) key = await AskAsync();
        return key.Id == token.KeyId && key.Verifier.IsFor(token) && key.Verifier.HasSigned(token);
    }

    private async Task<GridKey> AskAsync() => _key = await _answers.AskAsync(
        0, async () => new GridKey(await grains.GetGrain<IClientTokenGrain>(GrainKeys.Only).KeyAsync()));

    private static string Claims(WantedToken wanted, string id, DateTimeOffset issuedAt, DateTimeOffset expiresAt)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("iss", Issuer);
            json.WriteString("sub", wanted.User);
            json.WriteNumber("iat", issuedAt.ToUnixTimeMilliseconds() / 1000m);
            json.WriteNumber("exp", expiresAt.ToUnixTimeSeconds());
            json.WriteString("jti", id);
            if (wanted.Channels is not null) WriteTexts(json, "channels", wanted.Channels);
            if (wanted.Caps is not null) WriteCaps(json, wanted.Caps);
            if (wanted.Meta is not null)
            {
                json.WritePropertyName("meta");
                json.WriteRawValue(wanted.Meta);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void WriteCaps(Utf8JsonWriter json, IEnumerable<WantedCap> caps)
    {
        json.WriteStartArray("caps");
        foreach (var cap in caps)
        {
            json.WriteStartObject();
            json.WriteString("match", cap.Match);
            WriteTexts(json, "allow", cap.Allow);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts) json.WriteStringValue(text);
        json.WriteEndArray();
    }

    /// <summary>The key, with a name that follows from it.</summary>
    private sealed class GridKey(byte[] secret)
    {
        public byte[] Secret => secret;

        public string Id { get; } = Convert.ToHexStringLower(SHA256.HashData(secret).AsSpan(0, 8));

        public ClientKey Verifier { get; } = ClientKey.Of(secret);
    }
}
