using NotifyHub.Console.Api;
using NotifyHub.Console.Live;

namespace NotifyHub.Console.Language;

// Notifications and the live test.
public sealed partial class Texts
{
    public string SendNotification => Of("發送通知", "Send a notification");
    public string Send => Of("發送", "Send");
    public string NotificationSent(long id) => Of($"通知 #{id} 已發送", $"Notification #{id} is sent");
    public string NotificationDetails => Of("通知詳細資訊", "Notification");
    public string Title => Of("標題", "Title");
    public string Message => Of("訊息", "Message");
    public string TitleAndMessage => Of("標題與訊息", "Title and message");
    public string Severity => Of("嚴重程度", "Severity");
    public string Priority => Of("優先順序", "Priority");
    public string Preview => Of("預覽", "Preview");
    public string MoreFields => Of("更多欄位", "More fields");
    public string ActionUrl => Of("動作連結", "Link");
    public string Icon => Of("圖示", "Icon");
    public string TypeLabel => Of("類型", "Type");
    public string Metadata => Of("附加資料（JSON）", "Metadata (JSON)");
    public string OnlyWebLinks => Of("只接受 http:// 或 https:// 連結", "Only http:// and https:// links");
    public string MustBeJsonObject => Of("必須是 JSON 物件，例如 {\"env\":\"prod\"}", "Must be a JSON object such as {\"env\":\"prod\"}");
    public string ChannelAndOffset => Of("頻道 / 位移", "Channel / offset");
    public string DeliveredAt => Of("送達時間", "Delivered");
    public string DeliveredToClients(long clients) => Of(
        $"{clients:#,0} 個客戶端", clients == 1 ? "1 client" : $"{clients:#,0} clients");
    public string DeliveredTo => Of("送達數", "Delivered to");
    public string ReadAt => Of("已讀時間", "Read");
    public string MarkRead => Of("標為已讀", "Mark as read");
    public string Dismiss => Of("忽略", "Dismiss");
    public string DeleteNotificationQuestion(string title) => Of(
        $"要從清單刪除「{title}」嗎？訊息仍留在紀錄中，續接的客戶端仍會收到。",
        $"Delete “{title}” from the list? Its message stays in the log: clients that resume still get it.");
    public string TodayCount(long today) => Of($"今日 {today:#,0}", $"{today:#,0} today");
    public string NoNotifications => Of("尚無通知", "No notifications yet");
    public string NoNotificationsHelp => Of(
        "按「發送通知」建立第一則，所有連線中的客戶端都會立即收到。", "Press “Send a notification”. Every connected client receives it at once.");

    public string SeverityName(string severity) => severity switch
    {
        "info" => Of("資訊", "Info"),
        "success" => Of("成功", "Success"),
        "warning" => Of("警告", "Warning"),
        "error" => Of("錯誤", "Error"),
        "critical" => Of("嚴重", "Critical"),
        _ => severity,
    };

    public string PriorityName(string priority) => priority switch
    {
        "low" => Of("低優先", "Low priority"),
        "normal" => Of("一般", "Normal"),
        "high" => Of("高優先", "High priority"),
        _ => priority,
    };

    public string NotificationStatusName(string status) => status switch
    {
        NotificationStatus.Pending => Of("待送達", "Pending"),
        NotificationStatus.Delivered => Of("已送達", "Delivered"),
        NotificationStatus.Read => Of("已讀", "Read"),
        NotificationStatus.Dismissed => Of("已忽略", "Dismissed"),
        NotificationStatus.Expired => Of("已過期", "Expired"),
        _ => status,
    };

    public string NotificationStatusNote(string status) => status switch
    {
        NotificationStatus.Pending => Of("尚無客戶端收到", "no client has received it yet"),
        NotificationStatus.Delivered => Of("至少一個客戶端已收到", "at least one client has received it"),
        _ => Of("已有人讀取", "someone has read it"),
    };

    public string LiveTestHelp => Of(
        "像一般客戶端一樣連線，並查看收到的訊息。可同時開啟多個連線。", "Connect like any client and see what it receives. You can open several connections.");
    public string AddSocket => Of("新增連線", "Add a connection");
    public string SocketNumber(int number) => Of($"連線 {number}", $"Connection {number}");
    public string SocketAddress => Of("WebSocket 位址", "WebSocket address");
    public string SocketAddressRule => Of("必須以 ws:// 或 wss:// 開頭", "Must begin with ws:// or wss://");
    public string V1Help => Of("自動重新連線，並補收錯過的訊息", "reconnects and receives what it missed");
    public string AsMe => Of("以我的帳號旁觀", "Observe with my login");
    public string AsMeHelp => Of("不計入送達數；取消勾選則視為一般客戶端", "not counted as delivered; off: like any client");
    public string SinceNow => Of("從現在起", "from now on");
    public string Connect => Of("連線", "Connect");
    public string Disconnect => Of("斷線", "Disconnect");
    public string SendPing => Of("發送 Ping", "Send ping");
    public string ClearLog => Of("清除訊息", "Clear");
    public string MessageLog => Of("訊息記錄", "Messages");
    public string PressConnect => Of("點擊「連線」開始測試", "Press Connect to start");
    public string ReceivedCount(long count) => Of($"收到 {count:#,0} 則", $"{count:#,0} received");

    public string LiveStateName(LiveState state) => state switch
    {
        LiveState.On => Of("已連線", "Connected"),
        LiveState.Connecting => Of("連線中", "Connecting"),
        LiveState.Waiting => Of("等待重新連線", "Reconnecting"),
        _ => Of("未連線", "Not connected"),
    };

    public string LiveText(LiveEntry entry) => entry.Kind switch
    {
        LiveEvent.Connecting => Of($"正在連線到 {entry.Text}…", $"Connecting to {entry.Text}…"),
        LiveEvent.Connected => Of("WebSocket 連線成功！", "Connected"),
        LiveEvent.Refused => Of("連線錯誤：無法建立連線", "The connection failed"),
        LiveEvent.Received => Of($"收到訊息: {entry.Text}", $"Message: {entry.Text}"),
        LiveEvent.Pong => Of($"收到 Pong 回應: {entry.Text}", $"Pong: {entry.Text}"),
        LiveEvent.Notification => Of($"收到新通知: {entry.Text}", $"New notification: {entry.Text}"),
        LiveEvent.Sent => Of($"發送 Ping: {entry.Text}", $"Ping: {entry.Text}"),
        LiveEvent.NotConnected => Of("尚未連線，無法發送訊息", "Not connected: nothing was sent"),
        LiveEvent.Subscribed => Of($"已訂閱: {entry.Text}", $"Subscribed: {entry.Text}"),
        LiveEvent.Gap => Of($"有訊息已不再保留: {entry.Text}", $"Some messages are no longer retained: {entry.Text}"),
        LiveEvent.Error => Of($"錯誤: {entry.Text}", $"Error: {entry.Text}"),
        LiveEvent.Reconnecting => Of($"{entry.Code} 毫秒後重新連線", $"Reconnecting in {entry.Code} ms"),
        LiveEvent.Disconnecting => Of("主動斷開連線", "Disconnecting"),
        LiveEvent.Closed => Of(
            $"連線已關閉 (code: {entry.Code}{Reason(entry.Text)})",
            $"The connection is closed (code: {entry.Code}{Reason(entry.Text)})"),
        _ => entry.Text,
    };

    private static string Reason(string reason) => reason.Length > 0 ? $", {reason}" : "";
}
