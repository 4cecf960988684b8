using System.Security.Claims;
using Microsoft.AspNetCore.Authorization;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Access;

/// <summary>
/// Who may do what, decided in one table. Each permission is the policy of the endpoints that need it, and a name in the answers
/// of login and <c>GET /api/auth/me</c>: what the console offers is what the API allows.
/// </summary>
internal static class Permissions
{
    /// <summary>The own login: who am I, and the own password.</summary>
    public const string OwnAccount = "account.own";

    /// <summary>Connections and their numbers, notifications, schedules.</summary>
    public const string Read = "grid.read";

    /// <summary>What this deployment is and how it does.</summary>
    public const string ReadSystem = "system.read";

    public const string ReadUsage = "usage.read";

    /// <summary>To publish, and to mark notifications.</summary>
    public const string Publish = "notifications.publish";

    /// <summary>To publish to channels, and to take messages back.</summary>
    public const string PublishToChannels = "channels.publish";

    /// <summary>To read what channels retain, and their options. Whether it is this channel's is asked in each request, of
    /// callers without a login too.</summary>
    public const string ReadChannels = "channels.read";

    public const string ManageNamespaces = "namespaces.manage";

    public const string DeleteNotifications = "notifications.delete";
    public const string ManageSchedules = "schedules.manage";

    /// <summary>Start, stop, restart.</summary>
    public const string ControlService = "service.control";

    public const string CloseConnections = "connections.close";
    public const string ManageUsers = "users.manage";
    public const string ManageKeys = "keys.manage";

    /// <summary>To issue client tokens, and to revoke them.</summary>
    public const string IssueTokens = "tokens.issue";

    public const string ReadSettings = "settings.read";
    public const string ReadAudit = "audit.read";

    private static readonly string[] People = [Roles.Administrator, Roles.Operator, Roles.Viewer];
    private static readonly string[] Operators = [Roles.Administrator, Roles.Operator];
    private static readonly string[] Administrators = [Roles.Administrator];

    private static readonly Grant[] Table =
    [
        new(OwnAccount, People),
        new(Read, People, KeyScopes.Read),
        new(ReadSystem, People),
        new(ReadUsage, People),
        new(Publish, Operators, KeyScopes.Publish),
        new(PublishToChannels, Operators, KeyScopes.Publish, AlsoLimited: true),
        new(ReadChannels, People, KeyScopes.Read, AlsoLimited: true, AlsoAnonymous: true),
        new(DeleteNotifications, Operators),
        new(ManageSchedules, Operators),
        new(ControlService, Administrators),
        new(CloseConnections, Administrators),
        new(ManageUsers, Administrators),
        new(ManageKeys, Administrators),
        new(ManageNamespaces, Administrators),
        new(IssueTokens, Administrators, KeyScopes.Tokens),
        new(ReadSettings, Administrators),
        new(ReadAudit, Administrators),
    ];

    /// <summary>What a person of this role may do.</summary>
    public static string[] OfRole(string role) =>
        [.. Table.Where(grant => grant.Roles.Contains(role)).Select(grant => grant.Permission)];

    /// <summary>Whether an API key can have it; otherwise it is for people.</summary>
    public static bool IsForServices(string permission) =>
        Table.Any(grant => grant.Permission == permission && grant.Scope is not null);

    /// <summary>A policy for each permission. An endpoint that names none is for those who may read.</summary>
    public static void AddPolicies(this AuthorizationBuilder authorization)
    {
        foreach (var grant in Table)
            authorization.AddPolicy(grant.Permission, policy => policy.RequireAssertion(context => grant.Allows(context.User)));
        authorization.SetDefaultPolicy(new AuthorizationPolicyBuilder()
            .RequireAssertion(context => Table.Single(grant => grant.Permission == Read).Allows(context.User)).Build());
    }

    /// <param name="Roles">The people's roles that have it.</param>
    /// <param name="Scope">The scope of an API key that has it; null: it is for people.</param>
    /// <param name="AlsoLimited">Also an API key that is limited to channels; the endpoint asks for the channel.</param>
    /// <param name="AlsoAnonymous">Also a caller without a login; the endpoint asks for the channel.</param>
    private sealed record Grant(
        string Permission, string[] Roles, string? Scope = null, bool AlsoLimited = false, bool AlsoAnonymous = false)
    {
        public bool Allows(ClaimsPrincipal caller) =>
            Roles.Any(caller.IsInRole)
            || (AlsoAnonymous && caller.Identity is not { IsAuthenticated: true })
            || (Scope is not null && caller.HasClaim(Callers.ScopeClaim, Scope)
                && (AlsoLimited || !caller.IsLimitedToChannels()));
    }
}
