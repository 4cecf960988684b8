namespace NotifyHub.UnitTests.House;

/// <summary>A project and the order of its folders.</summary>
/// <param name="Folder">Relative to the repository.</param>
/// <param name="Name">Of its assembly and of its root namespace.</param>
/// <param name="Order">Its folders; empty is the project's own. Each may refer to those before it.</param>
internal sealed record OrderedProject(string Folder, string Name, string[] Order)
{
    public static readonly IReadOnlyList<OrderedProject> All =
    [
        new(
            "gateway",
            "NotifyHub.Gateway",
            ["Settings", "Network", "Telemetry", "Access", "Channels", "Sockets", "Push", "Cluster", "Api", "Site", ""]),
        new(
            "grains",
            "NotifyHub.Grains",
            [
                "Settings", "Telemetry", "Clocks", "Storage/Migrations", "Storage", "Audit", "Accounts", "Namespaces",
                "Broadcast", "Notifications", "Schedules", "Connections", "Usage", "Service", "",
            ]),
        new(
            "grain-interfaces",
            "NotifyHub.GrainInterfaces",
            [
                // Keys, tracing and routing, which all features use.
                "", "Accounts", "Audit", "Usage", "Retention", "Channels", "Failures", "Namespaces", "Gateways", "Nodes",
                "Connections", "Broadcast", "Notifications", "Schedules", "Service", "Statistics",
            ]),
        new("hosting", "NotifyHub.Hosting", ["Settings", "Metrics", ""]),
        new("telemetry", "NotifyHub.Telemetry", [""]),
        new("silo", "NotifyHub.Silo", [""]),
        new(
            "console",
            "NotifyHub.Console",
            [
                "Api/Accounts", "Api/Connections", "Api/Keys", "Api/Namespaces", "Api/Notifications", "Api/Schedules",
                "Api/Service", "Api/Settings", "Api/Usage", "Api", "Live", "Language", "Accounts", "Components", "Layout",
                "Pages", "",
            ]),
        new("kit", "NotifyHub.TestKit", [""]),
    ];

    public static OrderedProject Of(string folder) => All.Single(project => project.Folder == folder);

    /// <summary>The folder's place in the order; -1: it has none.</summary>
    public int Rank(string folder) => Array.IndexOf(Order, folder);
}
