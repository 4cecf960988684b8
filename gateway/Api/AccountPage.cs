namespace NotifyHub.Gateway.Api;

public sealed record AccountPage(IReadOnlyList<AccountView> Users, long Total, int Page, int Limit);
