namespace NotifyHub.GrainInterfaces;

/// <param name="Id">Unique for the life of the process.</param>
/// <param name="Role">gateway, silo, or embedded (both in one process).</param>
/// <param name="Address">Where the node serves: <c>host:port</c>, clients at a gateway and gateways at a silo.</param>
/// <param name="CpuPercent">Of one core, over the last second.</param>
/// <param name="MemoryPercent">Resident memory of the machine's.</param>
/// <param name="Connections">Clients connected to the node; 0 for a silo.</param>
/// <param name="Traffic">What a gateway has moved; null of a silo.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.NodeReport")]
public sealed record NodeReport(
    [property: Id(0)] string Id,
    [property: Id(1)] string Role,
    [property: Id(2)] string Address,
    [property: Id(3)] int Pid,
    [property: Id(4)] double CpuPercent,
    [property: Id(5)] double MemoryPercent,
    [property: Id(6)] int Connections,
    [property: Id(7)] DateTimeOffset StartedAt,
    [property: Id(8)] Traffic? Traffic = null,
    [property: Id(9)] StorageError? StorageError = null);
