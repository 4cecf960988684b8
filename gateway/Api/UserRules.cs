using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Api;

/// <summary>What an account may look like.</summary>
public static class UserRules
{
    /// <summary>As RFC 5321 has it.</summary>
    public const int EmailLength = 254;

    public const int NameLength = 100;

    public const int MinPasswordLength = 8;

    /// <summary>The longest password that can be set: a login with it fits into the bytes that a login may have, however it is
    /// escaped.</summary>
    public const int NewPasswordLength = 256;

    /// <summary>The longest that a login accepts: earlier versions allowed longer ones to be set.</summary>
    public const int PasswordLength = 1_024;

    /// <summary>A new account's address; null with a fault noted. Whether it receives mail is not checked.</summary>
    public static string? Email(JsonFields fields, Faults faults)
    {
        if (fields.RequiredText("email", 3, EmailLength) is not { } email) return null;
        var at = email.IndexOf('@', StringComparison.Ordinal);
        var isAddress = at > 0 && at == email.LastIndexOf('@') && at < email.Length - 1
            && !email.Any(letter => char.IsWhiteSpace(letter) || char.IsControl(letter));
        if (isAddress) return email;
        faults.Add("email", new("必須是電子郵件地址", "must be an e-mail address"));
        return null;
    }

    /// <summary>A password to be set; null with a fault noted.</summary>
    public static string? NewPassword(JsonFields fields, string name, Faults faults)
    {
        if (fields.RequiredText(name, MinPasswordLength, NewPasswordLength) is not { } password) return null;
        if (password != DefaultPassword.Value) return password;
        faults.Add(name, new("此為公開的預設密碼，請選用其他密碼", "is the published default password: choose another"));
        return null;
    }
}
