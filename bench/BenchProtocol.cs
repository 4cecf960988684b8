namespace NotifyHub.Bench;

internal enum BenchProtocol
{
    Plain,
    V1,
    SignalR,
}
