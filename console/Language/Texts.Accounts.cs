namespace NotifyHub.Console.Language;

// Login, passwords, users, API keys, settings.
public sealed partial class Texts
{
    public string LogIn => Of("登入", "Log in");
    public string LoggingIn => Of("登入中…", "Logging in…");
    public string LoginSubtitle => Of("通知網格管理主控台", "Console of the notification grid");
    public string SessionExpired => Of(
        "登入已逾期或已失效，請重新登入。登入後會回到剛才的頁面。", "Your login has ended. Log in again to return to the same page.");
    public string Email => Of("電子郵件", "E-mail");
    public string Password => Of("密碼", "Password");
    public string ShowPassword => Of("顯示密碼", "Show the password");
    public string HidePassword => Of("隱藏密碼", "Hide the password");
    public string CurrentPassword => Of("目前密碼", "Current password");
    public string NewPassword => Of("新密碼", "New password");
    public string NewPasswordAgain => Of("再次輸入新密碼", "New password again");
    public string PasswordRule => Of("至少 8 個字元", "At least 8 characters");
    public string PasswordsDiffer => Of("兩次輸入的密碼不一致", "The passwords do not match");
    public string PasswordChanged => Of("密碼已變更；其他裝置上的登入已失效。", "The password is changed. Logins on other devices have ended.");

    public string NewUser => Of("新增使用者", "New user");
    public string EditUser => Of("編輯使用者", "Edit user");
    public string RoleLabel => Of("角色", "Role");
    public string RoleHelp(string role) => role switch
    {
        Api.Roles.Administrator => Of("可執行所有操作，包括管理使用者、金鑰與設定。", "Full access, including users, keys and settings."),
        Api.Roles.Operator => Of("可發送與刪除通知、管理排程。", "Can send and delete notifications and manage schedules."),
        _ => Of("只能檢視。", "Can only view."),
    };
    public string DisabledUser => Of("已停用", "Disabled");
    public string EnabledUser => Of("使用中", "Enabled");
    public string Disable => Of("停用", "Disable");
    public string Enable => Of("啟用", "Enable");
    public string LastLogin => Of("上次登入", "Last login");
    public string ResetPassword => Of("重設密碼", "Reset password");
    public string ResetPasswordOf(string name) => Of(
        $"為「{name}」設定新密碼。此使用者的所有登入將立即失效。", $"Set a new password for “{name}”. All logins of this user end at once.");
    public string DisableQuestion(string name) => Of(
        $"要停用「{name}」嗎？此使用者的登入將在數秒內失效，紀錄會保留。", $"Disable “{name}”? This user's logins end within seconds. The history is kept.");
    public string You => Of("您", "you");
    public string NoUsers => Of("沒有使用者", "No users");
    public string EmailRule => Of("電子郵件格式不正確", "Not a valid e-mail address");

    public string NotPermitted => Of("沒有權限", "Not permitted");
    public string NotPermittedHelp => Of("您的角色無權檢視此頁。", "Your role may not view this page.");
    public string CopyByHand => Of("瀏覽器不允許複製，請自行選取文字。", "The browser does not allow copying here. Select the text yourself.");

    public string NewKey => Of("建立金鑰", "New key");
    public string KeyName => Of("名稱（例如使用此金鑰的服務）", "Name, for example the service that uses it");
    public string KeyPrefix => Of("開頭", "Prefix");
    public string KeyLastUsed => Of("上次使用", "Last used");
    public string CreatedBy => Of("建立者", "Created by");
    public string KeyActive => Of("有效", "Active");
    public string KeyRevoked => Of("已撤銷", "Revoked");
    public string Revoke => Of("撤銷", "Revoke");
    public string RevokeQuestion(string name) => Of(
        $"要撤銷金鑰「{name}」嗎？使用此金鑰的服務最遲在 5 秒後遭到拒絕。", $"Revoke the key “{name}”? Services that use it are refused within 5 s.");
    public string KeyOnce => Of("請立即複製：金鑰只會顯示這一次。", "Copy the key now. It is shown only once.");
    public string KeyUse => Of("在請求標頭中使用：", "Send it in the header:");
    public string KeyScopesLabel => Of("權限", "Scopes");
    public string KeyScopesRule => Of("請至少選擇一項權限", "Choose at least one scope");
    public string KeyScope(string scope) => scope switch
    {
        "publish" => Of("發送", "publish"),
        "read" => Of("讀取", "read"),
        "tokens" => Of("簽發客戶端權杖", "issue client tokens"),
        _ => scope,
    };
    public string NoKeys => Of("尚無 API 金鑰", "No API keys yet");
    public string NoKeysHelp => Of(
        "內部服務可透過 X-API-Key 標頭發送通知，不需登入。", "Internal services publish with the X-API-Key header, without a login.");

    public string SettingsHelp => Of(
        "目前生效的設定與其來源。若要變更，請修改設定檔、環境變數或啟動參數，然後重新啟動。",
        "The settings in effect and their sources. To change one, edit the settings file, the environment or the arguments, and "
        + "restart.");
    public string Setting => Of("設定項目", "Setting");
    public string Value => Of("值", "Value");
    public string Default => Of("預設值", "Default");
    public string Source => Of("來源", "Source");
    public string Part => Of("元件", "Component");
    public string Empty => Of("（空）", "(empty)");
    public string OnlyChanged => Of("只顯示非預設值", "Only changed settings");
    public string SourceName(string source) => source switch
    {
        "default" => Of("預設", "Default"),
        "file" => Of("設定檔", "File"),
        "environment" => Of("環境變數", "Environment"),
        "argument" => Of("啟動參數", "Argument"),
        _ => source,
    };
}
