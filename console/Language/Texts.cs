using NotifyHub.Console.Api;

namespace NotifyHub.Console.Language;

/// <summary>
/// Everything the console says, in both languages side by side: Traditional Chinese in the guide's own words, and English. A text is a member, so
/// that none can be missing in either.
/// </summary>
public sealed partial class Texts
{
    public static readonly Texts Chinese = new(english: false);
    public static readonly Texts English = new(english: true);

    private readonly bool _english;

    private Texts(bool english) => _english = english;

    private string Of(string chinese, string english) => _english ? english : chinese;

    // Pages.
    public string Overview => Of("總覽", "Overview");
    public string Scheduler => Of("排程器管理", "Scheduler");
    public string Usage => Of("API 使用紀錄", "API usage");
    public string Notifications => Of("通知", "Notifications");
    public string LiveTest => Of("即時測試", "Live test");
    public string ApiKeys => Of("API 金鑰", "API keys");
    public string Users => Of("使用者", "Users");
    public string Settings => Of("設定", "Settings");
    public string ApiDocuments => Of("API 文件", "API reference");

    // Around the pages.
    public string Menu => Of("選單", "Menu");
    public string Account => Of("帳號", "Account");
    public string SkipToContent => Of("跳到主要內容", "Skip to content");
    public string ColoursLabel => Of("配色", "Colours");
    public string LogOut => Of("登出", "Log out");
    public string ChangePassword => Of("變更密碼", "Change password");
    public string DefaultPasswordWarning => Of(
        "您仍在使用預設密碼，任何人都知道它。請立即變更。", "You still have the default password, which everybody knows. Change it now.");
    public string NoSuchPage => Of("找不到頁面", "There is no such page");
    public string NoSuchPageHelp => Of("網址可能已變更。請由選單前往。", "Its address may have changed. Use the menu.");
    public string PageBroke => Of("此頁面發生錯誤", "This page has failed");
    public string PageBrokeHelp => Of("請重試；若持續發生，請重新載入並查看瀏覽器主控台。", "Try again; if it happens again, reload and look at the browser's console.");

    // Words for everywhere.
    public string Cancel => Of("取消", "Cancel");
    public string Save => Of("儲存", "Save");
    public string Close => Of("關閉", "Close");
    public string Clear => Of("清除", "Clear");
    public string Create => Of("建立", "Create");
    public string Edit => Of("編輯", "Edit");
    public string Delete => Of("刪除", "Delete");
    public string Deleted => Of("已刪除", "Deleted");
    public string Saved => Of("已儲存", "Saved");
    public string Remove => Of("移除", "Remove");
    public string Retry => Of("重試", "Try again");
    public string Refresh => Of("重新整理", "Refresh");
    public string Search => Of("搜尋", "Search");
    public string All => Of("全部", "All");
    public string Actions => Of("操作", "Actions");
    public string Status => Of("狀態", "Status");
    public string Name => Of("名稱", "Name");
    public string Address => Of("位址", "Address");
    public string Errors => Of("錯誤", "errors");
    public string Copy => Of("複製", "Copy");
    public string Copied => Of("已複製", "Copied");
    public string Details => Of("詳細資訊", "Details");
    public string ShowDetails => Of("顯示詳細資訊", "Show details");
    public string HideDetails => Of("隱藏詳細資訊", "Hide details");
    public string Loading => Of("載入中…", "Loading…");
    public string Required => Of("必填", "Required");
    public string CreatedAt => Of("建立時間", "Created");
    public string NothingFits => Of("沒有符合的項目", "Nothing fits the filter");
    public string NothingFitsHelp => Of("請放寬或清除篩選條件。", "Widen it, or clear it.");
    public string TooLong(int most) => Of($"最多 {most:#,0} 個字元", $"At most {most:#,0} characters");
    public string AsOf(string time) => Of($"更新於 {time}", $"as of {time}");

    /// <summary>What a button does, and to what: for those who hear it without seeing the row.</summary>
    public string On(string action, string what) => Of($"{action}：{what}", $"{action}: {what}");

    // Lists.
    public string Pages => Of("分頁", "Pages");
    public string PerPage => Of("每頁", "Per page");
    public string FirstPage => Of("第一頁", "First page");
    public string PreviousPage => Of("上一頁", "Previous page");
    public string NextPage => Of("下一頁", "Next page");
    public string LastPage => Of("最後一頁", "Last page");
    public string Range(long first, long last, long total) => Of(
        $"第 {first:#,0}–{last:#,0} 筆，共 {total:#,0} 筆", $"{first:#,0}–{last:#,0} of {total:#,0}");

    // Failures.
    public string CouldNotLoad => Of("無法載入", "This could not be loaded");
    public string Unreachable => Of("無法連線到 NotifyHub。請確認閘道正在運行，以及網路是否正常。", "NotifyHub does not answer. Check that the gateway runs, and the network.");
    public string UnexpectedAnswer(int status) => Of($"伺服器的回應無法理解（HTTP {status}）。", $"The server's answer makes no sense (HTTP {status}).");
    public string Stale(string why) => Of($"以下為先前的資料：{why}", $"What you see is older: {why}");
    public string TryAgainIn(int seconds) => Of($"（{seconds} 秒後可再試）", $" (again in {seconds} s)");

    /// <summary>A failure with all that helps: which fields, and when to come back.</summary>
    public string Explain(ApiException failure)
    {
        var fields = failure.Details.Count == 0 ? "" : $": {string.Join("; ", failure.Details.Select(detail => $"{detail.Key}: {detail.Value}"))}";
        var wait = failure.RetryAfter is { } after ? TryAgainIn((int)Math.Ceiling(after.TotalSeconds)) : "";
        return failure.Message + fields + wait;
    }

    public string ColoursName(Colours colours) => colours switch
    {
        Colours.Light => Of("淺色", "Light"),
        Colours.Dark => Of("深色", "Dark"),
        _ => Of("跟隨系統", "As the system"),
    };

    public string Role(string role) => role switch
    {
        Roles.Administrator => Of("系統管理員", "Administrator"),
        Roles.Operator => Of("操作員", "Operator"),
        Roles.Viewer => Of("檢視者", "Viewer"),
        _ => role,
    };
}
