using System.Security.Cryptography;
using System.Text;

namespace NotifyHub.Gateway.Api;

/// <summary>The key that login tokens are signed with.</summary>
public static class SigningKey
{
    /// <summary>HS256 needs as many bytes as its hash has; a shorter key could be guessed offline from any one token.</summary>
    public const int LeastBytes = 32;

    private const string FileName = "jwt.key";

    /// <summary>The configured key; without one, embedded mode makes its own, once, and keeps it, so that logins outlive a restart.</summary>
    /// <exception cref="InvalidOperationException">The kept key has been damaged.</exception>
    public static byte[] Load(GatewayOptions options)
    {
        if (options.JwtKey.Length > 0) return Encoding.UTF8.GetBytes(options.JwtKey);

        Directory.CreateDirectory(options.DataFolder);
        var path = Path.Combine(options.DataFolder, FileName);
        if (!File.Exists(path)) Make(path);

        var key = Encoding.UTF8.GetBytes(File.ReadAllText(path).Trim());
        return key.Length >= LeastBytes
            ? key
            : throw new InvalidOperationException(
                $"The file '{path}' does not hold a key of {LeastBytes} bytes. Delete it to have one made, or set NotifyHub:JwtKey.");
    }

    // Written beside and then moved: a crash in the middle leaves no half a key, and of two that start at once one wins.
    private static void Make(string path)
    {
        var draft = $"{path}.{Guid.NewGuid():N}";
        var creation = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) creation.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new StreamWriter(draft, Encoding.ASCII, creation))
            file.Write(Convert.ToBase64String(RandomNumberGenerator.GetBytes(48)));

        try
        {
            File.Move(draft, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            File.Delete(draft);
        }
    }
}
