namespace NotifyHub.Console.Language;

// Namespaces of channels.
public sealed partial class Texts
{
    public string NamespacesHelp => Of(
        "頻道 orders:eu:42 屬於命名空間 orders；名稱中沒有冒號的頻道屬於 default。未設定的選項沿用 default。",
        "The channel orders:eu:42 belongs to the namespace orders; names without a colon belong to default. What is not set is "
        + "taken from default.");
    public string NewNamespace => Of("新增命名空間", "New namespace");
    public string EditNamespace => Of("編輯命名空間", "Edit namespace");
    public string ResetNamespace => Of("清除選項", "Clear options");
    public string ResetNamespaceQuestion(string name) => Of(
        $"要清除「{name}」的所有選項嗎？2 秒內各閘道即改用 default 的選項；不再允許的訂閱會被取消。",
        $"Clear all options of “{name}”? Within 2 s every gateway uses those of default; subscriptions that are no longer "
        + "allowed end.");
    public string NamespaceName => Of("名稱（頻道名稱的第一段）", "Name, the first segment of channel names");
    public string NamespaceNameRule => Of(
        "1 到 255 個字元：英文字母、數字與 _ - . ~ @ + = |", "1 to 255 characters: letters, digits and _ - . ~ @ + = |");
    public string UserNamespaceHelp => Of(
        "使用者專屬頻道 user:<id> 的權限固定，其餘選項可設定。",
        "The permissions of users' own channels are fixed; the other options can be set.");
    public string Subscribe => Of("訂閱", "Subscribe");
    public string PublishBySocket => Of("由 WebSocket 發布", "Publish by socket");
    public string Retention => Of("保留", "Retention");
    public string HistoryLimit => Of("歷史上限（則）", "History limit");
    public string Presence => Of("在線狀態", "Presence");
    public string MessageBytes => Of("訊息大小上限（位元組）", "Message bytes");
    public string PublishLimit => Of("每秒發布上限", "Publishes per second");
    public string NoLimit => Of("無上限", "no limit");
    public string AsInDefault => Of("沿用 default", "as in default");
    public string NumberHelp => Of("留空：沿用 default", "Empty: as in default");
    public string LimitHelp => Of("留空：沿用 default；0：無上限", "Empty: as in default. 0: no limit");
    public string NumberRule(int min, int max) => Of(
        $"必須是 {min:#,0} 到 {max:#,0} 的整數", $"Must be an integer from {min:#,0} to {max:#,0}");
    public string SubscribeWord(string word) => word switch
    {
        "public" => Of("任何人", "anybody"),
        "token" => Of("持有權杖者", "with a token"),
        "staff" => Of("僅登入者與讀取金鑰", "logins and read keys"),
        _ => word,
    };
    public string PublishWord(string word) => word switch
    {
        "nobody" => Of("不允許", "nobody"),
        "token" => Of("持有權杖者", "with a token"),
        _ => word,
    };
    public string RetentionWord(string word) => word switch
    {
        "none" => Of("不儲存", "nothing stored"),
        "hour" => Of("1 小時", "1 hour"),
        "day" => Of("1 天", "1 day"),
        "week" => Of("7 天", "7 days"),
        "month" => Of("30 天", "30 days"),
        _ => word,
    };
    public string PresenceWord(string word) => word switch
    {
        "off" => Of("關閉", "off"),
        "count" => Of("人數", "count"),
        "list" => Of("名單", "list"),
        _ => word,
    };
    public string KeyChannels => Of("限定頻道", "Limited to channels");
    public string KeyChannelsHelp => Of(
        "以空白分隔，例如 orders:* news。留空：不限制。", "Separated by blanks, such as orders:* news. Empty: not limited.");
}
