using System.Runtime.CompilerServices;

namespace NotifyHub.TestKit;

/// <summary>The files of the checkout that the tests were built from.</summary>
public static class Checkout
{
    public static string Root { get; } = FindRoot();

    public static string PathOf(string path) => Path.GetFullPath(Path.Combine(Root, path));

    public static string Read(string file) => File.ReadAllText(PathOf(file));

    public static bool Has(string path) => Path.Exists(PathOf(path));

    private static string FindRoot([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, ".."));
}
