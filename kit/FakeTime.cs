namespace NotifyHub.TestKit;

/// <summary>
/// The clock of one process, which can be set while it runs, by libfaketime. Only what the process believes the time of day to be changes: time passes
/// for it as it does.
/// </summary>
public sealed class FakeTime : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public FakeTime() => Set(TimeSpan.Zero);

    /// <summary>For <see cref="NotifyHubProcess.StartAsync"/>.</summary>
    public (string Setting, string Value)[] Settings =>
    [
        ("LD_PRELOAD", Library()), ("FAKETIME_TIMESTAMP_FILE", _file), ("FAKETIME_NO_CACHE", "1"), ("NO_FAKE_STAT", "1"),
        // One name of old versions, one of new.
        ("DONT_FAKE_MONOTONIC", "1"), ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
    ];

    public static bool IsSetting(string name) =>
        name is "LD_PRELOAD" or "NO_FAKE_STAT" or "DONT_FAKE_MONOTONIC" || name.StartsWith("FAKETIME_", StringComparison.Ordinal);

    /// <summary>Sets the clock; negative: behind the right time.</summary>
    public void Set(TimeSpan ahead)
    {
        // In one step: the process must never read half a line.
        var next = _file + ".next";
        File.WriteAllText(next, FormattableString.Invariant($"{(long)ahead.TotalSeconds:+0;-0;+0}s\n"));
        File.Move(next, _file, overwrite: true);
    }

    public void Dispose() => File.Delete(_file);

    private static string Library() =>
        Directory.EnumerateDirectories("/usr/lib").Append("/usr/lib").Select(folder => Path.Combine(folder, "faketime", "libfaketimeMT.so.1")).FirstOrDefault(File.Exists)
        ?? throw new FileNotFoundException("libfaketime is missing; scripts/test installs it on Debian as root (package faketime).");
}
