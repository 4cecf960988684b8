namespace NotifyHub.TestKit;

/// <summary>
/// Sets the clock of one process while it runs, with libfaketime. Only the time of day changes; elapsed time is real.
/// </summary>
public sealed class FakeTime : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public FakeTime() => Set(TimeSpan.Zero);

    /// <summary>For <see cref="NotifyHubProcess.StartAsync"/>.</summary>
    public (string Setting, string Value)[] Settings =>
    [
        ("LD_PRELOAD", Library()), ("FAKETIME_TIMESTAMP_FILE", _file), ("FAKETIME_NO_CACHE", "1"), ("NO_FAKE_STAT", "1"),
        // The first name is for old versions of libfaketime, the second for new ones.
        ("DONT_FAKE_MONOTONIC", "1"), ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
    ];

    public static bool IsSetting(string name) =>
        name is "LD_PRELOAD" or "NO_FAKE_STAT" or "DONT_FAKE_MONOTONIC" || name.StartsWith("FAKETIME_", StringComparison.Ordinal);

    /// <summary>Sets how far the clock is ahead; negative: behind.</summary>
    public void Set(TimeSpan ahead)
    {
        // Replaced in one step, so that the process never reads half a line.
        var next = _file + ".next";
        File.WriteAllText(next, FormattableString.Invariant($"{(long)ahead.TotalSeconds:+0;-0;+0}s\n"));
        File.Move(next, _file, overwrite: true);
    }

    public void Dispose() => File.Delete(_file);

    private static string Library() =>
        Directory.EnumerateDirectories("/usr/lib").Append("/usr/lib")
            .Select(folder => Path.Combine(folder, "faketime", "libfaketimeMT.so.1")).FirstOrDefault(File.Exists)
        ?? throw new FileNotFoundException(
            "libfaketime is missing; scripts/test installs it on Debian as root (package faketime).");
}
