namespace NotifyHub.Gateway.Api;

public sealed record RunPageView(IReadOnlyList<RunView> Runs, long Total, int Page, int Limit);
