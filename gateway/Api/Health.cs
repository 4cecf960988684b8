using System.ComponentModel.DataAnnotations;
using NotifyHub.Gateway.Network;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <param name="Status">healthy, degraded or unhealthy: as bad as the worst check.</param>
public sealed record Health(
    [property: AllowedValues("healthy", "degraded", "unhealthy")] string Status, IReadOnlyList<Check> Checks)
{
    /// <param name="reached">Null: the grid could not be asked, and <paramref name="grid"/> is what was known before.</param>
    /// <param name="words">Chooses the caller's language.</param>
    public static Health Of(GatewayNode node, GridStatus? reached, GridStatus grid, Func<Text, string> words)
    {
        var running = node.State.Service.Running;
        Check[] checks =
        [
            running
                ? new("Service Running", "ok", words(new("WebSocket 服務正在運行", "The WebSocket service is running")))
                : new("Service Running", "error", words(new("WebSocket 服務未運行", "The WebSocket service is not running"))),
            Port("WebSocket Port", node.State.WebSocketPort, running && node.State.WebSocketListening, words),
            Port("Internal Push Port", node.State.PushPort, running && node.State.PushListening, words),
            new("Connections", reached is null ? "warning" : "ok", words(new(
                $"{grid.ActiveConnections} 活躍連線 / {grid.TotalConnections} 總連線",
                $"{grid.ActiveConnections} active connections / {grid.TotalConnections} in total"))),
            Cluster(reached, words),
            Storage(reached, words),
        ];
        return new Health(Worst(checks), checks);
    }

    private static Check Port(string name, int port, bool listening, Func<Text, string> words) => listening
        ? new(name, "ok", words(new($"Port {port} 正在監聽", $"Port {port} is listening")))
        : new(name, "error", words(new($"Port {port} 未監聽", $"Port {port} is not listening")));

    private static Check Cluster(GridStatus? reached, Func<Text, string> words) => reached is { } grid
        ? new("Cluster", "ok", words(new(
            $"{grid.Nodes.Length} 個節點運作中",
            grid.Nodes.Length == 1 ? "1 node is up" : $"{grid.Nodes.Length} nodes are up")))
        : new("Cluster", "error", words(new("無法連線到叢集", "The cluster cannot be reached")));

    private static Check Storage(GridStatus? reached, Func<Text, string> words) => reached switch
    {
        null => new("Storage", "warning", words(new("無法得知儲存狀態", "The state of the storage is not known"))),
        // Shown for a day, since publishers may have relied on the acknowledgements.
        { StorageError: null, Loss: { } loss } => new("Storage", "warning", words(Words(loss))),
        { StorageError: null, StorageWarning: { } why } => new(
            "Storage", "warning", words(new("儲存可用，但有需要留意之處", "The storage answers, but needs attention")), why),
        { StorageError: null } => new("Storage", "ok", words(new("儲存運作正常", "The storage answers"))),
        { StorageError: { IsBroken: true } error } => new(
            "Storage", "error", words(ErrorCatalogue.StorageBroken.Message), error.Message),
        { StorageError: { } error } => new(
            "Storage", "error", words(new("儲存無法使用", "The storage is unavailable")), error.Message),
    };

    private static Text Words(LogLoss loss) => loss.Kept < loss.Known
        ? new(
            $"資料庫遺失了頻道 {loss.Channel} 已確認的訊息 {loss.Kept + 1} 至 {loss.Known}（{loss.FoundAt:u} 發現）",
            $"The database lost the acknowledged messages {loss.Kept + 1} to {loss.Known} of channel {loss.Channel} "
            + $"(found {loss.FoundAt:u})")
        : new(
            $"資料庫遺失了頻道 {loss.Channel} 直到 {loss.Known} 的已確認訊息，其位置已由其他訊息取代（{loss.FoundAt:u} 發現）",
            $"The database lost acknowledged messages of channel {loss.Channel} up to {loss.Known}; other messages replaced them "
            + $"(found {loss.FoundAt:u})");

    private static string Worst(Check[] checks) =>
        Array.Exists(checks, check => check.Status == "error") ? "unhealthy"
        : Array.Exists(checks, check => check.Status == "warning") ? "degraded"
        : "healthy";
}
