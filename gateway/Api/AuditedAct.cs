namespace NotifyHub.Gateway.Api;

/// <summary>The endpoint's acts are in the audit log, under this name.</summary>
internal sealed record AuditedAct(string Name);
