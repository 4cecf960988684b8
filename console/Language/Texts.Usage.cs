using NotifyHub.Console.Api;

namespace NotifyHub.Console.Language;

// Connections and the log of API requests.
public sealed partial class Texts
{
    public string WebSocketTracking => Of("WebSocket 連線追蹤", "WebSocket connections");
    public string CurrentConnections => Of("目前連線數", "Open connections");
    public string TotalConnections => Of("總連線數", "Total connections");
    public string ErrorConnections => Of("錯誤連線數", "Connections with errors");
    public string MessagesSent => Of("已發送訊息數", "Messages sent");
    public string TodayConnections(long today) => Of($"今日 {today:#,0}", $"{today:#,0} today");
    public string MessagesReceivedNote(long received) => Of($"收到客戶端 {received:#,0}", $"{received:#,0} from clients");
    public string Last7Days => Of("最近 7 天", "The last 7 days");
    public string ConnectionsPerDay => Of("每日連線數", "Connections per day");
    public string ConnectionDetails => Of("連線詳細資訊", "Connection");
    public string ConnectionId => Of("連線 ID", "Connection ID");
    public string IpAddress => Of("IP 位址", "IP address");
    public string UserAgent => Of("使用者代理", "User agent");
    public string ConnectedAt => Of("連線時間", "Connected");
    public string DisconnectedAt => Of("斷線時間", "Disconnected");
    public string LastPing => Of("最後 Ping", "Last ping");
    public string SentAndReceived => Of("發送 / 接收", "Sent / received");
    public string SentTo => Of("已發送", "Sent to it");
    public string ReceivedFrom => Of("已接收", "Received from it");
    public string ErrorCount => Of("錯誤數", "Errors");
    public string LastError => Of("最後錯誤", "Last error");
    public string Gateway => Of("閘道", "Gateway");
    public string TokenUser => Of("使用者（客戶端權杖）", "User (client token)");
    public string Protocol => Of("子協定", "Subprotocol");
    public string PlainProtocol => Of("（無，一般客戶端）", "(none, a plain client)");
    public string CloseConnection => Of("中斷連線", "Close connection");
    public string CloseConnectionQuestion(string address) => Of(
        $"要中斷來自 {address} 的連線嗎？客戶端會收到代碼 1008。", $"Close the connection from {address}? The client receives code 1008.");
    public string ConnectionClosed => Of("連線已中斷", "The connection is closed");
    public string NoConnections => Of("沒有連線紀錄", "No connections");
    public string NoConnectionsHelp => Of(
        "客戶端連上 WebSocket 端口後會出現在這裡；可用「即時測試」試試。", "Clients of the WebSocket port appear here. Try the live test.");
    public string ConnectionStatusName(string status) => status switch
    {
        ConnectionStatus.Connected => Of("已連線", "Connected"),
        ConnectionStatus.Disconnected => Of("已斷線", "Disconnected"),
        ConnectionStatus.Error => Of("錯誤", "Error"),
        _ => status,
    };

    public string RequestLog => Of("API 請求紀錄", "API requests");
    public string RequestsPerDay => Of("每日請求數", "Requests per day");
    public string RequestsPerEndpoint => Of("各端點請求數", "Requests per endpoint");
    public string At => Of("時間", "When");
    public string Who => Of("呼叫者", "Who");
    public string Anonymous => Of("未登入", "not logged in");
    public string Method => Of("方法", "Method");
    public string Path => Of("路徑", "Path");
    public string Endpoint => Of("端點", "Endpoint");
    public string Duration => Of("耗時", "Duration");
    public string AverageDuration => Of("平均", "Average");
    public string LongestDuration => Of("最長", "Longest");
    public string Requests => Of("請求數", "Requests");
    public string FailedRequests => Of("錯誤數", "Errors");
    public string RequestDetails => Of("請求詳細資訊", "Request");
    public string NoRequests => Of("尚無請求紀錄", "No requests yet");
    public string NoRequestsHelp => Of(
        "使用者與服務對 /api 的每個請求都會記錄在這裡，數秒內即可看到。",
        "Every request of a user or a service to /api appears here within seconds.");
    public string AnonymousRequests => Of("未登入的請求", "Requests without a login");
    public string AnonymousHelp => Of(
        "任何人都能無限制地送出請求，因此未登入的請求只保留每分鐘的合計，以免排擠已知呼叫者的紀錄。",
        "Anyone can send any number of them, so they are stored as sums per minute and displace no records of known callers.");
    public string ManyAddresses => Of("（多個位址）", "(many addresses)");
}
