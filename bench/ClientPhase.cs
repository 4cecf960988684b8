namespace NotifyHub.Bench;

internal enum ClientPhase : byte
{
    New,
    Connecting,
    Upgrading,
    Open,
    Ended,
}
