namespace NotifyHub.Gateway.Access;

/// <summary>Why a client is refused, as programs read it: codes of the REST API's errors.</summary>
public static class TokenFault
{
    /// <summary>A token is needed and there is none; or a login token or API key that is not good.</summary>
    public const string Unauthorized = "UNAUTHORIZED";

    /// <summary>A client token that was good until its end.</summary>
    public const string Expired = "TOKEN_EXPIRED";

    /// <summary>A client token that is not good for another reason. Which one would help an attacker alone.</summary>
    public const string Invalid = "TOKEN_INVALID";

    /// <summary>A good client token of somebody else than the one who is connected.</summary>
    public const string OtherUser = "FORBIDDEN";
}
