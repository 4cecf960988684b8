namespace NotifyHub.Gateway.Access;

/// <summary>What became of a token that a client showed, or of none.</summary>
/// <param name="Principal">Who the client is; null: it is refused.</param>
/// <param name="Code">Why it is refused, one of <see cref="TokenFault"/>.</param>
public readonly record struct TokenVerdict(ClientPrincipal? Principal, string? Code)
{
    public static TokenVerdict Accept(ClientPrincipal principal) => new(principal, null);

    public static TokenVerdict Refuse(string code) => new(null, code);
}
