using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Access;
using NotifyHub.Gateway.Settings;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <summary><c>/api/tokens</c>: client tokens that the server signs itself, and the revocation of any.</summary>
internal static class ClientTokenEndpoints
{
    public static void MapClientTokens(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/tokens").RequireAuthorization(Permissions.IssueTokens).WithTags("tokens");
        group.MapPost("", IssueAsync).Audited("token.issue").Takes<NewClientToken>(BodyLimits.ClientToken)
            .Summary("Issue a client token for a user of the application. It is shown only in this answer.")
            .Fails(ErrorCatalogue.ValidationError);
        group.MapPost("/revoke", RevokeAsync).Audited("token.revoke").Takes<RevokedTokens>(BodyLimits.Small)
            .Summary("Revoke one client token (jti), or all that a user has been issued until now (user): at this gateway at "
                + "once, at the others within 5 s. Connections that use one are closed with 4501.")
            .Fails(ErrorCatalogue.ValidationError, ErrorCatalogue.Conflict);
    }

    private static async Task<Results<Ok<Envelope<ClientTokenView>>, Failure>> IssueAsync(
        HttpRequest request, OwnTokens tokens, IOptions<GatewayOptions> options, CancellationToken cancellation)
    {
        var faults = new Faults();
        var body = await RequestBody.ReadAsync(request, cancellation);
        if (ClientTokenBody.Read(body, faults) is not { } wanted) return Failure.Invalid(faults);

        var issued = await tokens.IssueAsync(wanted.Token, wanted.Lifetime);
        var max = options.Value.ClientTokenBytes;
        if (issued.Token.Length <= max) return Reply.Ok(ClientTokenView.Of(issued, wanted.Token.User));
        faults.Add(Faults.Body, new(
            $"權杖會超過 {max} 位元組（ClientTokenBytes）", $"the token would be longer than {max} bytes (ClientTokenBytes)"));
        return Failure.Invalid(faults);
    }

    private static async Task<Results<Ok<Envelope<RevokedTokens>>, Failure>> RevokeAsync(
        HttpRequest request, TokenRevocations revocations, CancellationToken cancellation)
    {
        var faults = new Faults();
        var fields = JsonFields.Parse(await RequestBody.ReadAsync(request, cancellation), faults, "jti", "user");
        var id = fields?.OptionalText("jti", ClientTokenRules.MaxIdLength, 1);
        var user = fields?.OptionalText("user", ClientTokenRules.MaxUserLength, 1);
        if (user is not null && !ClientTokenRules.IsUser(user)) faults.Add("user", ClientTokenBody.NotUser);
        if (!faults.Any && (id is null) == (user is null))
            faults.Add(Faults.Body, new("必須有 jti 或 user 其中之一", "must have jti or user, and not both"));
        if (faults.Any) return Failure.Invalid(faults);

        if (await revocations.RevokeAsync(id is null ? TokenSubject.OfUser(user!) : TokenSubject.OfToken(id)))
            return Reply.Ok(new RevokedTokens(id, user));
        faults.Add(Faults.Body, new(
            $"已有 {TokenRevocation.MaxRows} 筆撤銷紀錄；請更換簽章金鑰", $"{TokenRevocation.MaxRows} revocations are kept; "
                + "change the key that signs the tokens instead"));
        return new Failure(ErrorCatalogue.Conflict, faults);
    }
}
