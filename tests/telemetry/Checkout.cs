using System.Runtime.CompilerServices;

namespace NotifyHub.TelemetryTests;

/// <summary>The files of this checkout.</summary>
internal static class Checkout
{
    public static string Path(string relative) =>
        System.IO.Path.GetFullPath(System.IO.Path.Combine(System.IO.Path.GetDirectoryName(Here())!, "../..", relative));

    private static string Here([CallerFilePath] string path = "") => path;
}
