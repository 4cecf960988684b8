using System.Globalization;
using System.Security.Claims;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.IdentityModel.JsonWebTokens;
using NotifyHub.Gateway.Telemetry;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <summary><c>/api/auth</c></summary>
internal static class AuthEndpoints
{
    // As RFC 5321 has it; and a password so long that hashing it were an attack is nobody's.
    private const int EmailLength = 254;
    private const int PasswordLength = 1_024;

    public static void MapAuth(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/auth").WithTags("auth");
        group.MapPost("/login", LoginAsync).AllowAnonymous().Accepts<LoginRequest>("application/json")
            .Summary("Log in; the answer holds the token for the header Authorization: Bearer.")
            .Fails(ErrorCatalogue.ValidationError, ErrorCatalogue.InvalidCredentials, ErrorCatalogue.RateLimited);
        group.MapGet("/me", Me).RequireAuthorization(Callers.LoggedIn).Summary("Who the token belongs to.");
    }

    private static async Task<Results<Ok<Envelope<Login>>, Failure>> LoginAsync(
        HttpContext context, IGrainFactory grains, TokenIssuer tokens, LoginLimiter limiter, GatewayMetrics metrics, CancellationToken cancellation)
    {
        var address = LoginLimiter.Address(context.Connection.RemoteIpAddress);
        using var attempt = await limiter.AttemptAsync(address, cancellation);
        if (!attempt.IsAcquired) return Limited(metrics, TimeSpan.FromSeconds(1));
        if (limiter.Wait(address) is { } wait) return Limited(metrics, wait);

        var faults = new Faults();
        var fields = JsonFields.Parse(await RequestBody.ReadAsync(context.Request, cancellation), faults);
        var email = fields?.RequiredText("email", 1, EmailLength);
        var password = fields?.RequiredText("password", 1, PasswordLength);
        if (email is null || password is null) return Failure.Invalid(faults);

        var (user, retryAfter) = await grains.GetGrain<IUserGrain>(GrainKeys.User(email)).SignInAsync(password);
        if (retryAfter is { } locked) return Limited(metrics, locked);
        if (user is null)
        {
            limiter.NoteFailure(address);
            metrics.LoginFailed("invalid_credentials");
            return new Failure(ErrorCatalogue.InvalidCredentials);
        }

        var (token, expiresAt) = tokens.Issue(user);
        return Reply.Ok(new Login(token, expiresAt.UtcDateTime, new UserView(user.Id, user.Email, user.Name, user.Role)));
    }

    private static Failure Limited(GatewayMetrics metrics, TimeSpan wait)
    {
        metrics.LoginFailed("rate_limited");
        return new Failure(ErrorCatalogue.RateLimited, retryAfter: wait);
    }

    // From the token alone: what it says was checked when it was issued.
    private static Ok<Envelope<UserView>> Me(ClaimsPrincipal caller) => Reply.Ok(new UserView(
        long.Parse(caller.FindFirstValue(JwtRegisteredClaimNames.Sub)!, CultureInfo.InvariantCulture),
        caller.Email(),
        caller.FindFirstValue(JwtRegisteredClaimNames.Name) ?? "",
        caller.FindFirstValue(Callers.RoleClaim) ?? ""));
}

public sealed record LoginRequest(string Email, string Password);

/// <param name="ExpiresAt">RFC 3339, UTC.</param>
public sealed record Login(string Token, [property: JsonPropertyName("expires_at")] DateTime ExpiresAt, UserView User);

public sealed record UserView(long Id, string Email, string Name, string Role);
