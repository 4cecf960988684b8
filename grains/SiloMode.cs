namespace NotifyHub.Grains;

/// <param name="Embedded">The silo runs inside the gateway's process.</param>
internal sealed record SiloMode(bool Embedded);
