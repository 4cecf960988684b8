namespace NotifyHub.Console.Api;

public sealed record NamespacePage(IReadOnlyList<ChannelNamespace> Namespaces, long Total);
