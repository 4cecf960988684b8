using NotifyHub.Console.Api;

namespace NotifyHub.Console.Language;

/// <summary>
/// All texts of the console, in Traditional Chinese and in English. Each text is a member with both languages, so that none can
/// be missing in one.
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
    public string Namespaces => Of("頻道命名空間", "Namespaces");
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
        "您仍在使用眾所皆知的預設密碼，請立即變更。", "You still use the publicly known default password. Change it now.");
    public string NoSuchPage => Of("找不到頁面", "Page not found");
    public string NoSuchPageHelp => Of("網址可能已變更，請從選單前往。", "The address may have changed. Use the menu.");
    public string PageBroke => Of("此頁面發生錯誤", "This page failed");
    public string PageBrokeHelp => Of(
        "請重試；若問題持續，請重新載入頁面，並查看瀏覽器的開發人員主控台。", "Try again. If it fails again, reload the page and look at the browser's console.");

    // Words that all pages use.
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
    public string NothingFits => Of("沒有符合的項目", "Nothing matches the filter");
    public string NothingFitsHelp => Of("請放寬或清除篩選條件。", "Relax or clear the filter.");
    public string TooLong(int max) => Of($"最多 {max:#,0} 個字元", $"At most {max:#,0} characters");
    public string AsOf(string time) => Of($"更新於 {time}", $"as of {time}");

    /// <summary>A command and what it applies to, for screen readers.</summary>
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
    public string CouldNotLoad => Of("無法載入", "Loading failed");
    public string Unreachable => Of(
        "無法連線到 NotifyHub。請確認閘道是否執行中，以及網路是否正常。",
        "NotifyHub does not answer. Check that the gateway is running and the network works.");
    public string UnexpectedAnswer(int status) => Of(
        $"伺服器的回應格式不正確（HTTP {status}）。", $"Unexpected answer from the server (HTTP {status}).");
    public string Stale(string why) => Of($"以下為先前的資料：{why}", $"This data is out of date: {why}");
    public string TryAgainIn(int seconds) => Of($"（{seconds} 秒後可再試）", $" (try again in {seconds} s)");

    /// <summary>Shown above a list whose search did not look at older rows.</summary>
    public string Truncated => Of(
        "只搜尋了最新的 50,000 筆，更早的資料未列入。以狀態等條件縮小範圍，即可搜尋到更早的資料。",
        "Only the newest 50,000 rows were searched. Narrow the list by status or another filter to reach older rows.");

    /// <summary>The server's own words, or what is known of an answer without any.</summary>
    public string Reason(ApiException failure) => failure switch
    {
        { Explanation: { } words } => words,
        { Code: ApiException.Unreachable } => Unreachable,
        _ => UnexpectedAnswer((int)failure.Status),
    };

    /// <summary>The reason of a failure, with the faulty fields and the time to wait.</summary>
    public string Explain(ApiException failure)
    {
        var fields = string.Join("; ", failure.Details.Select(detail => $"{detail.Key}: {detail.Value}"));
        var wait = failure.RetryAfter is { } after ? TryAgainIn((int)Math.Ceiling(after.TotalSeconds)) : "";
        return Reason(failure) + (fields.Length > 0 ? $": {fields}" : "") + wait;
    }

    public string ColoursName(Colours colours) => colours switch
    {
        Colours.Light => Of("淺色", "Light"),
        Colours.Dark => Of("深色", "Dark"),
        _ => Of("跟隨系統", "System"),
    };

    public string Role(string role) => role switch
    {
        Roles.Administrator => Of("系統管理員", "Administrator"),
        Roles.Operator => Of("操作員", "Operator"),
        Roles.Viewer => Of("檢視者", "Viewer"),
        _ => role,
    };
}
