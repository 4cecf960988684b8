namespace NotifyHub.Console.Language;

// Overview, the service card, nodes. The texts of the service card are those of the user's guide, word for word.
public sealed partial class Texts
{
    public string ActiveConnections => Of("活躍連線", "Active connections");
    public string DeliveriesPerSecond => Of("每秒送達", "Deliveries per second");
    public string PublishesPerSecond => Of("每秒發布", "Publishes per second");
    public string DeliveryLatency => Of("送達延遲", "Delivery latency");
    public string DeliveriesNote => Of("送到所有客戶端的訊息", "messages to all clients");
    public string PublishesNote => Of("寫入日誌的訊息", "messages stored in the log");
    public string NoRecentMessages => Of("近期沒有訊息", "no recent messages");
    public string TotalAndErrors(long total, long errors) => Of(
        $"總連線 {total:#,0} · 錯誤 {errors:#,0}", $"{total:#,0} in total · {errors:#,0} errors");
    public string ChartOf(string what) => Of($"{what}，最近 5 分鐘", $"{what}, the last 5 minutes");
    public string NobodyConnected => Of("目前沒有客戶端連線", "No client is connected");
    public string NobodyConnectedHelp => Of(
        "在「即時測試」按下「連線」，再到「通知」發送一則，這裡就會開始顯示資料。",
        "Press Connect on the live test page and send a notification. The charts then show data.");
    public string GoAndStart => Of("前往啟動", "Start the service");
    public string Health => Of("健康狀態", "Health");
    public string HealthName(string status) => status switch
    {
        "healthy" => Of("健康", "Healthy"),
        "degraded" => Of("部分異常", "Degraded"),
        "unhealthy" => Of("異常", "Unhealthy"),
        _ => status,
    };

    public string Nodes => Of("網格節點", "Grid nodes");
    public string Node => Of("節點", "Node");
    public string NodeRole => Of("角色", "Role");
    public string NodeRoleName(string role) => role switch
    {
        "gateway" => Of("閘道", "Gateway"),
        "silo" => "Silo",
        "embedded" => Of("單機（閘道與 Silo）", "Embedded"),
        _ => role,
    };
    public string Memory => Of("記憶體", "Memory");
    public string Connections => Of("連線", "Connections");
    public string StartedAt => Of("啟動時間", "Started");
    public string LastSeen => Of("最後回報", "Last seen");
    public string NoNodes => Of("沒有節點回報狀態", "No nodes report");
    public string NoNodesHelp => Of(
        "閘道連不到 Silo 時會出現此情況。請確認 Silo 是否執行中，並查看其日誌。",
        "The gateway cannot reach a silo. Check that the silos are running, and read their logs.");

    public string ServiceMonitor => Of("WebSocket 服務監控", "WebSocket service");
    public string ServiceIsHealthy => Of("服務正常運行", "The service is running normally");
    public string ServiceIsDegraded => Of("服務運行中，部分異常", "The service is running, with warnings");
    public string ServiceIsUnhealthy => Of("服務異常", "The service has failed");
    public string ServiceIsStopped => Of("服務已停止", "The service is stopped");
    public string Started => Of("已啟動", "Started");
    public string Stopped => Of("已停止", "Stopped");
    public string ActiveOfTotal(long active, long total) => Of(
        $"{active} 活躍連線 / {total} 總連線", $"{active} active connections / {total} in total");
    public string StatusUnknown(string why) => Of($"無法取得狀態：{why}", $"The status is unknown: {why}");
    public string WebSocketPort => Of("WebSocket 端口", "WebSocket port");
    public string InternalPort => Of("內部推送端口", "Internal push port");
    public string IsListening => Of("監聽中", "listening");
    public string NotListening => Of("未監聽", "not listening");
    public string ProcessId => Of("進程 ID", "Process ID");
    public string StartTime => Of("啟動時間", "Start time");
    public string LastConnection => Of("最後連線", "Last connection");
    public string Command => Of("命令", "Command");
    public string StartService => Of("啟動服務", "Start service");
    public string StopService => Of("停止服務", "Stop service");
    public string RestartService => Of("重啟服務", "Restart service");
    public string MayNotControl => Of("您的角色無權控制服務。", "Your role may not control the service.");
    public string StartQuestion => Of("要啟動整個網格的 WebSocket 服務嗎？", "Start the WebSocket service on the whole grid?");
    public string StopQuestion(long clients) => Of(
        $"要停止整個網格的 WebSocket 服務嗎？目前 {clients:#,0} 個客戶端會斷線，內部推送端口也會關閉。停止期間建立的通知仍會儲存。",
        $"Stop the WebSocket service on the whole grid? {clients:#,0} clients are disconnected and the push port closes. "
        + "Notifications created meanwhile are stored.");
    public string RestartQuestion(long clients) => Of(
        $"要重啟整個網格的 WebSocket 服務嗎？目前 {clients:#,0} 個客戶端會斷線，之後重新連線。",
        $"Restart the WebSocket service on the whole grid? {clients:#,0} clients are disconnected and reconnect.");
}
