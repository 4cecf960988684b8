namespace NotifyHub.Gateway.Api;

public sealed record ConnectionPage(IReadOnlyList<ConnectionView> Connections, long Total, int Page, int Limit);
