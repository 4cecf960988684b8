namespace NotifyHub.Console.Api;

/// <param name="Cpu">Percent of one core.</param>
/// <param name="Mem">Percent of the machine's memory.</param>
public sealed record ProcessInfo(int Pid, string Cpu, string Mem, string StartTime, string Command);
