namespace NotifyHub.Hosting;

/// <summary>Files and folders that only their owner may read: they hold messages, password hashes and keys.</summary>
public static class PrivateFiles
{
    private const UnixFileMode OwnersFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnersFolder = OwnersFile | UnixFileMode.UserExecute;
    private const UnixFileMode Others = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Makes what is missing of the folder. An existing one keeps its mode, which was chosen on purpose.</summary>
    public static void CreateFolder(string path)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, OwnersFolder);
    }

    /// <summary>Opens a file, made for its owner alone if it is not there.</summary>
    public static FileStream Open(string path, FileMode mode, FileAccess access, FileShare share)
    {
        var options = new FileStreamOptions { Mode = mode, Access = access, Share = share };
        if (!OperatingSystem.IsWindows() && mode is not FileMode.Open) options.UnixCreateMode = OwnersFile;
        return new FileStream(path, options);
    }

    /// <summary>Removes the access of all other users of the machine. The group keeps the rights it has been given.</summary>
    public static void Restrict(string path)
    {
        if (OperatingSystem.IsWindows() || !File.Exists(path)) return;
        var mode = File.GetUnixFileMode(path);
        if ((mode & Others) == 0) return;
        try
        {
            File.SetUnixFileMode(path, mode & ~Others);
        }
        catch (UnauthorizedAccessException)
        {
            // Another user's file: whether it can be used shows when it is opened.
        }
    }
}
