using System.Security.Cryptography;
using System.Text;
using NotifyHub.Gateway.Settings;
using NotifyHub.Hosting;

namespace NotifyHub.Gateway.Access;

/// <summary>The key that login tokens are signed with.</summary>
public static class SigningKey
{
    private const string FileName = "jwt.key";
    private const string Setting = $"{GatewayOptions.Section}:{nameof(GatewayOptions.JwtKey)}";

    /// <summary>The configured key; without one, embedded mode makes its own, once, and keeps it, so that logins outlive a
    /// restart.</summary>
    /// <exception cref="StartFaultException">The kept key is damaged, or cannot be read or written.</exception>
    public static byte[] Load(GatewayOptions options)
    {
        if (options.JwtKey.Length > 0) return Encoding.UTF8.GetBytes(options.JwtKey);
        var path = PathOf(options);
        try
        {
            PrivateFiles.CreateFolder(options.DataFolder);
            if (!Path.Exists(path)) Make(path);
            PrivateFiles.Restrict(path);
            return Read(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Unusable(path, fault);
        }
    }

    /// <summary>Whether the kept key, if there is one, can be used.</summary>
    /// <exception cref="StartFaultException">It can't.</exception>
    public static void Check(GatewayOptions options)
    {
        var path = PathOf(options);
        if (options.JwtKey.Length > 0 || !Path.Exists(path)) return;
        try
        {
            Read(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Unusable(path, fault);
        }
    }

    private static string PathOf(GatewayOptions options) => Path.Combine(options.DataFolder, FileName);

    private static byte[] Read(string path)
    {
        if (Directory.Exists(path))
            throw new StartFaultException(
                $"'{path}' is a folder, but must be the file of the login tokens' key. Delete it, or set {Setting}.");
        var key = Encoding.UTF8.GetBytes(File.ReadAllText(path).Trim());
        return key.Length >= GatewayOptions.MinJwtKeyBytes
            ? key
            : throw new StartFaultException(
                $"The file '{path}' does not hold a key of {GatewayOptions.MinJwtKeyBytes} bytes. "
                + $"Delete it so that one is created (this ends all logins), or set {Setting}.");
    }

    private static StartFaultException Unusable(string path, Exception fault) => new(
        $"The login tokens' key cannot be stored in '{path}': {fault.Message} "
        + $"Fix that, or set {Setting} or {GatewayOptions.Section}:{nameof(GatewayOptions.DataFolder)}.",
        fault);

    // Written beside and then moved: a crash in the middle leaves no half a key, and of two that start at once one wins.
    private static void Make(string path)
    {
        var draft = $"{path}.{Guid.NewGuid():N}";
        try
        {
            using (var file = new StreamWriter(PrivateFiles.Open(draft, FileMode.CreateNew, FileAccess.Write, FileShare.None),
                Encoding.ASCII))
                file.Write(Convert.ToBase64String(RandomNumberGenerator.GetBytes(48)));
            File.Move(draft, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            // Another process made it.
        }
        finally
        {
            File.Delete(draft);
        }
    }
}
