using NotifyHub.GrainInterfaces;

namespace NotifyHub.Grains.Service;

/// <summary>
/// The nodes of the grid, as they report themselves. It is memory only: after a move, reports fill it again within a second. Not
/// for several threads at once.
/// </summary>
internal sealed class NodeList(TimeSpan lease, TimeProvider time)
{
    private readonly Dictionary<string, (NodeStatus Status, long ReportedAt)> _nodes = new(StringComparer.Ordinal);

    public void Add(NodeReport report) =>
        _nodes[report.Id] = (new NodeStatus(report, time.GetUtcNow()), time.GetTimestamp());

    public void Remove(string nodeId) => _nodes.Remove(nodeId);

    /// <summary>Those that have reported within the lease, by role and id.</summary>
    public NodeStatus[] Current()
    {
        foreach (var (id, node) in _nodes)
        {
            if (time.GetElapsedTime(node.ReportedAt) > lease) _nodes.Remove(id);
        }

        return [.. _nodes.Values.Select(node => node.Status).OrderBy(node => node.Report.Role, StringComparer.Ordinal)
            .ThenBy(node => node.Report.Id, StringComparer.Ordinal)];
    }
}
