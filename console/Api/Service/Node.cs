namespace NotifyHub.Console.Api;

/// <summary>A gateway or a silo.</summary>
public sealed record Node(
    string Id, string Role, string Address, int Pid, string Cpu, string Mem, int Connections,
    string StartedAt, string LastSeenAt);
