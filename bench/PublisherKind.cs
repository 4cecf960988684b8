namespace NotifyHub.Bench;

internal enum PublisherKind
{
    Tcp,
    Rest,
    Notifications,
    None,
}
