using System.Globalization;

namespace NotifyHub.Hosting;

/// <summary>
/// Keeps a second process away from the data of the first. The lock is the system's on an open file, so it ends with the
/// process, however that
/// ends; the file itself stays. Beside it a file names the process, for the message that the second one gets.
/// </summary>
public sealed class DataLock : IDisposable
{
    private readonly List<FileStream> _held = [];

    /// <param name="setting">The setting that names the data.</param>
    /// <param name="path">Of the data: the lock is this with <c>.lock</c> behind.</param>
    /// <param name="isShared">Others may share it too: the silos of a grid that have one SQLite file.</param>
    /// <exception cref="StartFaultException">Another process has it, or the place can't be written; the message says what to
    /// do.</exception>
    public void Take(string setting, string path, bool isShared)
    {
        try
        {
            if (Path.GetDirectoryName(path) is { Length: > 0 } folder) PrivateFiles.CreateFolder(folder);
            var file = PrivateFiles.Open(
                $"{path}.lock", FileMode.OpenOrCreate,
                isShared ? FileAccess.Read : FileAccess.ReadWrite, isShared ? FileShare.Read : FileShare.None);
            _held.Add(file);
            if (isShared) File.Delete(PidFile(path));
            else WritePid(path);
        }
        catch (IOException fault) when (IsLocked(fault))
        {
            throw new StartFaultException(
                $"{setting}: '{Data(path)}' is in use by {Holder(path)}. Stop it, or give this process its own data.", fault);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw CannotWrite(setting, path, fault);
        }
    }

    /// <summary>Whether the place can be written, as far as that shows without taking it or making what is missing.</summary>
    /// <exception cref="StartFaultException">It can't; the message says what to do.</exception>
    public static void Check(string setting, string path)
    {
        var folder = Path.GetDirectoryName(path)!;
        while (!Directory.Exists(folder) && !File.Exists(folder) && Path.GetDirectoryName(folder) is { } parent) folder = parent;
        try
        {
            var probe = Path.Combine(folder, $".notifyhub-{Guid.NewGuid():N}");
            new FileStream(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose).Dispose();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw CannotWrite(setting, path, fault);
        }
    }

    public void Dispose()
    {
        foreach (var file in _held) file.Dispose();
        _held.Clear();
    }

    private static StartFaultException CannotWrite(string setting, string path, Exception fault) => new(
        $"{setting}: '{Data(path)}' cannot be written: {fault.Message} "
        + "Free space there, grant the right to write, or name another folder.",
        fault);

    private static string Data(string path) => File.Exists(path) ? path : Path.GetDirectoryName(path) ?? path;

    private static void WritePid(string path)
    {
        using var file = PrivateFiles.Open(PidFile(path), FileMode.Create, FileAccess.Write, FileShare.ReadWrite);
        using var writer = new StreamWriter(file);
        writer.WriteLine(Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
    }

    private static string Holder(string path)
    {
        try
        {
            var text = File.ReadAllText(PidFile(path));
            return int.TryParse(text, NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var pid)
                ? $"process {pid}"
                : "another process";
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return "another process";
        }
    }

    private static string PidFile(string path) => $"{path}.pid";

    // EWOULDBLOCK of Linux and of macOS, and Windows' sharing violation.
    private static bool IsLocked(IOException fault) => fault.HResult is 11 or 35 or unchecked((int)0x80070020);
}
