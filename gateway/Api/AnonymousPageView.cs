namespace NotifyHub.Gateway.Api;

public sealed record AnonymousPageView(IReadOnlyList<AnonymousView> Sums, long Total, int Page, int Limit);
