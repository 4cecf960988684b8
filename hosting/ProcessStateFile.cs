using System.Buffers;
using System.Text.Json;
using NotifyHub.Hosting.Settings;

namespace NotifyHub.Hosting;

/// <summary>
/// A JSON file for scripts and supervisors: the process id and the bound ports. It appears, complete, once the process serves,
/// and is deleted when the process ends. A process that is killed leaves it behind; compare the id in it.
/// </summary>
public sealed class ProcessStateFile : IDisposable
{
    private const string Setting = $"{CommonOptions.Section}:{nameof(CommonOptions.StateFile)}";

    private readonly string _path;
    private byte[]? _written;

    /// <summary>Deletes the file of an earlier process.</summary>
    /// <param name="path">Empty: no file is written.</param>
    /// <exception cref="StartFaultException">The place can't be written; the message says what to do.</exception>
    public ProcessStateFile(string path)
    {
        _path = path;
        if (path.Length == 0) return;
        Check(path);
        if (File.Exists(path)) Try(() => File.Delete(path));
    }

    /// <summary>Whether the place can be written.</summary>
    /// <exception cref="StartFaultException">It can't; the message says what to do.</exception>
    public static void Check(string path)
    {
        if (path.Length == 0) return;
        if (Directory.Exists(path) || Path.EndsInDirectorySeparator(path))
        {
            var example = Path.Combine(path, "state.json");
            throw new StartFaultException($"{Setting}: '{path}' is a folder; name a file, such as '{example}'.");
        }

        DataLock.Check(Setting, Path.GetFullPath(path));
    }

    /// <param name="ports">Names and numbers; -1: not open.</param>
    /// <exception cref="StartFaultException">The file can't be written; the message says what to do.</exception>
    public void Write(params (string Name, int Port)[] ports)
    {
        if (_path.Length == 0) return;
        Try(() =>
        {
            if (Path.GetDirectoryName(Path.GetFullPath(_path)) is { } folder) Directory.CreateDirectory(folder);
            // Renamed into place: a reader never sees half a file.
            var unfinished = $"{_path}.{Environment.ProcessId}";
            var content = Json(ports);
            File.WriteAllBytes(unfinished, content);
            File.Move(unfinished, _path, overwrite: true);
            _written = content;
        });
    }

    public void Dispose()
    {
        if (_written is null) return;
        try
        {
            // The next process may have written its own already, while this one waited for its clients.
            if (File.ReadAllBytes(_path).AsSpan().SequenceEqual(_written)) File.Delete(_path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // The process ends either way, and the file names an id that no longer runs.
        }
    }

    private static byte[] Json((string Name, int Port)[] ports)
    {
        var content = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(content))
        {
            json.WriteStartObject();
            json.WriteNumber("pid", Environment.ProcessId);
            foreach (var (name, port) in ports) json.WriteNumber(name, port);
            json.WriteEndObject();
        }

        return content.WrittenSpan.ToArray();
    }

    private void Try(Action write)
    {
        try
        {
            write();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new StartFaultException($"{Setting}: '{_path}' cannot be written: {fault.Message}", fault);
        }
    }
}
