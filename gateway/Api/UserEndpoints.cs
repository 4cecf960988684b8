using Microsoft.AspNetCore.Http.HttpResults;
using NotifyHub.Gateway.Access;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <summary><c>/api/users</c>: the people who may log in, for administrators. Users are never deleted: what they did stays
/// readable.</summary>
internal static class UserEndpoints
{
    private const string Route = "/api/users";

    public static void MapUsers(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup(Route).RequireAuthorization(Permissions.ManageUsers).WithTags("users");
        group.MapGet("", ListAsync).LimitedAsList()
            .Summary("List users, by e-mail address.").Fails(ErrorCatalogue.ValidationError);
        group.MapPost("", CreateAsync).Audited("user.create").Takes<NewUser>(BodyLimits.Account)
            .Summary("Add a user.").Fails(ErrorCatalogue.ValidationError, ErrorCatalogue.Conflict);
        group.MapGet("/{id:long}", GetAsync).Summary("Read one user.").Fails(ErrorCatalogue.NotFound);
        group.MapPatch("/{id:long}", ChangeAsync).Audited("user.change").Takes<ChangedUser>(BodyLimits.Small)
            .Summary("Change name, role or disabled. A new role or disabling ends the user's tokens within 5 s.")
            .Fails(ErrorCatalogue.ValidationError, ErrorCatalogue.NotFound, ErrorCatalogue.Conflict);
        group.MapPost("/{id:long}/password", SetPasswordAsync).Audited("user.password").Takes<SetPassword>(BodyLimits.Small)
            .Summary("Set a user's password, which ends the user's tokens within 5 s.")
            .Fails(ErrorCatalogue.ValidationError, ErrorCatalogue.NotFound);
    }

    private static async Task<Results<Ok<Envelope<AccountPage>>, Failure>> ListAsync(
        IGrainFactory grains, string? search, string? page, string? limit)
    {
        var faults = new Faults();
        var paging = Paging.Read(page, limit, faults);
        var query = new UserQuery(Paging.Search(search, faults), paging.Page, paging.Limit);
        if (faults.Any) return Failure.Invalid(faults);

        var found = await Accounts(grains).ListAsync(query);
        return Reply.Ok(new AccountPage([.. found.Users.Select(AccountView.Of)], found.Total, paging.Page, paging.Limit));
    }

    private static async Task<Results<Created<Envelope<AccountView>>, Failure>> CreateAsync(
        HttpRequest request, IGrainFactory grains, CancellationToken cancellation)
    {
        var faults = new Faults();
        var body = await RequestBody.ReadAsync(request, cancellation);
        if (JsonFields.Parse(body, faults, "email", "name", "role", "password") is not { } fields) return Failure.Invalid(faults);
        var email = UserRules.Email(fields, faults);
        var name = fields.RequiredText("name", 1, UserRules.NameLength);
        var role = fields.Choice("role", Roles.OfPeople);
        var password = UserRules.NewPassword(fields, "password", faults);
        if (faults.Any) return Failure.Invalid(faults);

        if (await Accounts(grains).CreateAsync(email!, name!, role!, password!) is { } user)
            return Reply.Created($"{Route}/{user.Id}", AccountView.Of(user));
        faults.Add("email", new("此電子郵件已被使用", "is taken"));
        return new Failure(ErrorCatalogue.Conflict, faults);
    }

    private static async Task<Results<Ok<Envelope<AccountView>>, Failure>> GetAsync(IGrainFactory grains, long id) =>
        await Accounts(grains).GetAsync(id) is { } user ? Reply.Ok(AccountView.Of(user)) : new Failure(ErrorCatalogue.NotFound);

    private static async Task<Results<Ok<Envelope<AccountView>>, Failure>> ChangeAsync(
        HttpRequest request, IGrainFactory grains, TokenVersions versions, long id, CancellationToken cancellation)
    {
        var faults = new Faults();
        var body = await RequestBody.ReadAsync(request, cancellation);
        if (JsonFields.Parse(body, faults, "name", "role", "disabled") is not { } fields) return Failure.Invalid(faults);
        var name = fields.OptionalText("name", UserRules.NameLength, min: 1);
        var role = fields.OptionalChoice("role", Roles.OfPeople);
        var disabled = fields.OptionalTruth("disabled");
        if (faults.Any) return Failure.Invalid(faults);

        var change = await Accounts(grains).ChangeAsync(id, name, role, disabled);
        versions.Forget(id);
        if (change.User is null) return new Failure(ErrorCatalogue.NotFound);
        if (!change.Refused) return Reply.Ok(AccountView.Of(change.User));
        faults.Add(disabled is true ? "disabled" : "role", new(
            "最後一位啟用中的管理員不得停用或變更角色", "the last enabled administrator can be neither disabled nor given another role"));
        return new Failure(ErrorCatalogue.Conflict, faults);
    }

    private static async Task<Results<Ok<Envelope<AccountView>>, Failure>> SetPasswordAsync(
        HttpRequest request, IGrainFactory grains, TokenVersions versions, long id, CancellationToken cancellation)
    {
        var faults = new Faults();
        var fields = JsonFields.Parse(await RequestBody.ReadAsync(request, cancellation), faults, "password");
        var password = fields is null ? null : UserRules.NewPassword(fields, "password", faults);
        if (password is null || faults.Any) return Failure.Invalid(faults);

        var user = await Accounts(grains).SetPasswordAsync(id, password);
        versions.Forget(id);
        return user is not null ? Reply.Ok(AccountView.Of(user)) : new Failure(ErrorCatalogue.NotFound);
    }

    private static IAccountGrain Accounts(IGrainFactory grains) => grains.GetGrain<IAccountGrain>(GrainKeys.Only);
}
