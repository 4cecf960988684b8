namespace NotifyHub.Gateway.Api;

public sealed record NamespacePageView(IReadOnlyList<NamespaceView> Namespaces, int Total, int Page, int Limit);
