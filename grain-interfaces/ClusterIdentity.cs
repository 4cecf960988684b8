namespace NotifyHub.GrainInterfaces;

/// <summary>The Orleans cluster that silos form and that gateways join as clients (<c>ClusterOptions</c>).</summary>
public static class ClusterIdentity
{
    public const string ClusterId = "notifyhub";

    /// <summary>Part of the identity of stored grain state: never changes, embedded or in a cluster.</summary>
    public const string ServiceId = "notifyhub";
}
