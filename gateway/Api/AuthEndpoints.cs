using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using NotifyHub.Gateway.Access;
using NotifyHub.Gateway.Telemetry;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <summary><c>/api/auth</c></summary>
internal static class AuthEndpoints
{
    public static void MapAuth(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/auth").WithTags("auth");
        group.MapPost("/login", LoginAsync).AllowAnonymous().Takes<LoginRequest>(BodyLimits.Small)
            .Summary("Log in; the answer holds the token for the header Authorization: Bearer.")
            .Fails(
                ErrorCatalogue.ValidationError,
                ErrorCatalogue.InvalidCredentials,
                ErrorCatalogue.DefaultPassword,
                ErrorCatalogue.RateLimited);
        group.MapGet("/me", MeAsync).RequireAuthorization(Permissions.OwnAccount).Summary("Read the user of the token.");
        group.MapPost("/password", ChangePasswordAsync).Audited("password.change").RequireAuthorization(Permissions.OwnAccount)
            .Takes<NewPassword>(BodyLimits.Account)
            .Summary("Change your password. Returns a new token; earlier tokens end.")
            .Fails(ErrorCatalogue.ValidationError, ErrorCatalogue.RateLimited);
    }

    private static async Task<Results<Ok<Envelope<Login>>, Failure>> LoginAsync(
        HttpContext context, IGrainFactory grains, TokenIssuer tokens, LoginLimiter limiter, GatewayMetrics metrics,
        CancellationToken cancellation)
    {
        var from = context.ClientAddress();
        var faults = new Faults();
        string? email, password;
        try
        {
            // Read before a slot is taken: a body that never ends must not delay others.
            var body = await RequestBody.ReadAsync(context.Request, cancellation);
            var fields = JsonFields.Parse(body, faults, "email", "password");
            email = fields?.RequiredText("email", 1, UserRules.EmailLength);
            password = fields?.RequiredText("password", 1, UserRules.PasswordLength);
        }
        catch (BadHttpRequestException)
        {
            limiter.NoteFailure(from.Network);
            metrics.LoginFailed("malformed");
            throw;
        }

        using var attempt = await limiter.AttemptAsync(from.Network, cancellation);
        if (!attempt.IsAcquired) return Limited(metrics, TimeSpan.FromSeconds(1));
        if (limiter.Wait(from.Network, email) is { } wait) return Limited(metrics, wait);
        if (email is null || password is null || faults.Any)
        {
            limiter.NoteFailure(from.Network);
            metrics.LoginFailed("malformed");
            return Failure.Invalid(faults);
        }

        var (user, retryAfter, isDefaultPassword, isBusy) =
            await grains.GetGrain<IUserGrain>(GrainKeys.User(email)).SignInAsync(email, password, from);
        if (user is not null)
        {
            limiter.NoteSuccess(from.Network, email);
            return Reply.Ok(Login.Of(user, tokens));
        }

        if (isBusy) return Limited(metrics, retryAfter!.Value);
        if (isDefaultPassword)
        {
            limiter.NoteFailure(from.Network);
            metrics.LoginFailed("default_password");
            return new Failure(ErrorCatalogue.DefaultPassword);
        }

        limiter.NoteFailure(from.Network);
        if (retryAfter is { } locked) return Limited(metrics, locked);
        metrics.LoginFailed("invalid_credentials");
        return new Failure(ErrorCatalogue.InvalidCredentials);
    }

    // The token says who it is; what may have changed since it was issued is asked of the grid.
    private static async Task<Results<Ok<Envelope<UserView>>, Failure>> MeAsync(ClaimsPrincipal caller, IGrainFactory grains) =>
        await grains.GetGrain<IAccountGrain>(GrainKeys.Only).GetAsync(caller.UserId()) is { } user
            ? Reply.Ok(UserView.Of(user))
            : new Failure(ErrorCatalogue.Unauthorized);

    private static async Task<Results<Ok<Envelope<Login>>, Failure>> ChangePasswordAsync(
        HttpRequest request, ClaimsPrincipal caller, IGrainFactory grains, TokenIssuer tokens, TokenVersions versions,
        CancellationToken cancellation)
    {
        var faults = new Faults();
        var body = await RequestBody.ReadAsync(request, cancellation);
        var fields = JsonFields.Parse(body, faults, "current_password", "new_password");
        var current = fields?.RequiredText("current_password", 1, UserRules.PasswordLength);
        var next = fields is null ? null : UserRules.NewPassword(fields, "new_password", faults);
        if (current is null || next is null || faults.Any) return Failure.Invalid(faults);

        var (user, retryAfter, _, _) = await grains.GetGrain<IUserGrain>(GrainKeys.User(caller.Email())).ChangePasswordAsync(
            caller.Email(), current, next, request.HttpContext.ClientAddress());
        if (retryAfter is not null) return new Failure(ErrorCatalogue.RateLimited, retryAfter: retryAfter);
        if (user is null)
        {
            faults.Add("current_password", new("密碼錯誤", "is wrong"));
            return Failure.Invalid(faults);
        }

        versions.Forget(user.Id);
        return Reply.Ok(Login.Of(user, tokens));
    }

    private static Failure Limited(GatewayMetrics metrics, TimeSpan wait)
    {
        metrics.LoginFailed("rate_limited");
        return new Failure(ErrorCatalogue.RateLimited, retryAfter: wait);
    }
}
