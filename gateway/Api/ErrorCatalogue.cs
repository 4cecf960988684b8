using NotifyHub.Gateway.Access;

namespace NotifyHub.Gateway.Api;

/// <summary>Every way a REST request can fail.</summary>
public static class ErrorCatalogue
{
    /// <summary>The request is not as the contract says; <c>details</c> names each field that is wrong.</summary>
    public static readonly ApiError ValidationError = new("VALIDATION_ERROR", 400, new("請求內容不正確", "The request is not valid."));

    /// <summary>What should be the name of a channel is none; a pattern is none either.</summary>
    public static readonly ApiError InvalidChannel =
        new("INVALID_CHANNEL", 400, new("頻道名稱不正確", "This is not the name of a channel."));

    /// <summary>More than 10,000 channels in one call.</summary>
    public static readonly ApiError TooManyChannels =
        new("TOO_MANY_CHANNELS", 400, new("頻道數量過多", "There are too many channels in one call."));

    /// <summary>No token or API key, or one that is wrong, expired or revoked.</summary>
    public static readonly ApiError Unauthorized = new(TokenFault.Unauthorized, 401, new("請先登入", "Please log in."));

    /// <summary>A client token that was good until its end: come back with a new one.</summary>
    public static readonly ApiError TokenExpired =
        new(TokenFault.Expired, 401, new("權杖已逾期", "The token has expired."));

    /// <summary>A client token that is not good for another reason, which is not said.</summary>
    public static readonly ApiError TokenInvalid = new(TokenFault.Invalid, 401, new("權杖無效", "The token is not valid."));

    /// <summary>The same for an unknown address and a wrong password, so that it does not reveal who has an account.</summary>
    public static readonly ApiError InvalidCredentials =
        new("INVALID_CREDENTIALS", 401, new("電子郵件或密碼錯誤", "Wrong e-mail address or password."));

    /// <summary>Known, but not allowed to.</summary>
    public static readonly ApiError Forbidden = new("FORBIDDEN", 403, new("權限不足", "You are not allowed to do this."));

    /// <summary>The password is right but is the default one, which is accepted only on the gateway's own machine.</summary>
    public static readonly ApiError DefaultPassword = new(
        "DEFAULT_PASSWORD",
        403,
        new(
            "此帳號仍使用預設密碼，只能從閘道所在的機器（localhost）登入。請在那裡變更密碼，或在首次啟動前設定 NotifyHub:AdministratorPassword",
            "This account still has the default password, which is accepted from the gateway's own machine (localhost) only. "
                + "Change it there, or set NotifyHub:AdministratorPassword before the first start."));

    /// <summary>No such route, or no such thing behind it.</summary>
    public static readonly ApiError NotFound = new("NOT_FOUND", 404, new("找不到資源", "There is no such resource."));

    /// <summary>The route exists, but not with this verb; the header <c>Allow</c> names those that exist.</summary>
    public static readonly ApiError MethodNotAllowed =
        new("METHOD_NOT_ALLOWED", 405, new("不支援此請求方法", "This method is not supported here."));

    /// <summary>The body did not arrive in time.</summary>
    public static readonly ApiError RequestTimeout =
        new("REQUEST_TIMEOUT", 408, new("請求逾時", "The request took too long to arrive."));

    /// <summary>Valid in itself, but in conflict with existing data; <c>details</c> says with what.</summary>
    public static readonly ApiError Conflict = new("CONFLICT", 409, new("與現有狀態衝突", "This conflicts with the current state."));

    /// <summary>Larger than what the endpoint takes, or than <c>PushLineBytes</c>.</summary>
    public static readonly ApiError PayloadTooLarge = new("PAYLOAD_TOO_LARGE", 413, new("內容過大", "The body is too large."));

    /// <summary>The body is declared as something other than JSON.</summary>
    public static readonly ApiError UnsupportedMediaType =
        new("UNSUPPORTED_MEDIA_TYPE", 415, new("僅支援 application/json", "Only application/json is supported."));

    /// <summary>No request for a WebSocket where there is nothing else, or one of another version than 13; the headers
    /// <c>Upgrade</c> and <c>Sec-WebSocket-Version</c> name what is spoken.</summary>
    public static readonly ApiError UpgradeRequired =
        new(
            "UPGRADE_REQUIRED",
            426,
            new("此位址僅接受 WebSocket 連線（版本 13）", "Only WebSocket connections (version 13) are accepted here."));

    /// <summary>Too many failed logins, too many requests per second, or more publishes than a channel may have in a second;
    /// <c>Retry-After</c> says when to try again.</summary>
    public static readonly ApiError RateLimited =
        new("RATE_LIMITED", 429, new("嘗試次數過多，請稍後再試", "Too many attempts; try again later."));

    /// <summary>The address has reached <c>ClientConnectionsPerAddress</c>; <c>Retry-After</c> says when to try again.</summary>
    public static readonly ApiError TooManyConnections =
        new("TOO_MANY_CONNECTIONS", 429, new("此位址的連線數已達上限", "There are too many connections from this address."));

    /// <summary>A fault of ours. What it was stands in the log, not in the answer.</summary>
    public static readonly ApiError InternalError =
        new("INTERNAL_ERROR", 500, new("伺服器內部錯誤", "Something went wrong on our side."));

    /// <summary>The database fails until an operator acts (a missing table, a revoked right): a retry is of no use.</summary>
    public static readonly ApiError StorageBroken = new(
        "STORAGE_BROKEN",
        500,
        new(
            "資料庫缺少資料表或權限，或已損壞；修復之前重試無用，原因見 Silo 的日誌",
            "The database lacks a table or a right, or is damaged. Retrying does not help until it is repaired; "
                + "the silo's log has the cause."));

    /// <summary>An administrator has stopped the service: no WebSocket is accepted until it is started again.</summary>
    public static readonly ApiError ServiceStopped =
        new("SERVICE_STOPPED", 503, new("WebSocket 服務已停止", "The WebSocket service is stopped."));

    /// <summary>This gateway has reached <c>ClientConnections</c>; <c>Retry-After</c> says when to try again.</summary>
    public static readonly ApiError GatewayFull =
        new(
            "GATEWAY_FULL",
            503,
            new("連線數已達上限，請稍後再試", "This gateway is at its client limit; try again later."));

    /// <summary>The grid or its storage cannot be reached, or is too busy. Nothing was acknowledged: a retry is safe with an
    /// <c>Idempotency-Key</c>.</summary>
    public static readonly ApiError Unavailable =
        new("UNAVAILABLE", 503, new("服務暫時無法使用，請稍後再試", "The service is unavailable; try again."));

    public static readonly IReadOnlyList<ApiError> All =
    [
        ValidationError, InvalidChannel, TooManyChannels, Unauthorized, TokenExpired, TokenInvalid, InvalidCredentials, Forbidden,
        DefaultPassword, NotFound,
        MethodNotAllowed, RequestTimeout, Conflict, PayloadTooLarge, UnsupportedMediaType, UpgradeRequired, RateLimited,
        TooManyConnections, InternalError, StorageBroken, ServiceStopped, GatewayFull, Unavailable,
    ];

    /// <summary>The error for a token that is refused, by its <see cref="TokenFault"/>.</summary>
    public static ApiError OfToken(string? code) => code switch
    {
        TokenFault.Expired => TokenExpired,
        TokenFault.Invalid => TokenInvalid,
        TokenFault.OtherUser => Forbidden,
        _ => Unauthorized,
    };

    /// <summary>The error for a status that the web server itself answered, without words.</summary>
    public static ApiError OfStatus(int status) => status switch
    {
        401 => Unauthorized,
        403 => Forbidden,
        404 => NotFound,
        405 => MethodNotAllowed,
        408 => RequestTimeout,
        413 => PayloadTooLarge,
        415 => UnsupportedMediaType,
        503 => Unavailable,
        >= 400 and < 500 => ValidationError,
        _ => InternalError,
    };
}
