using System.Runtime.CompilerServices;

namespace NotifyHub.DeployTests;

/// <summary>The files under test: those of the checkout that this was built from.</summary>
internal static class Checkout
{
    public static string Root { get; } = FindRoot();

    public static string PathOf(string file) => Path.Combine(Root, file);

    public static string Read(string file) => File.ReadAllText(PathOf(file));

    public static bool Has(string path) => File.Exists(PathOf(path)) || Directory.Exists(PathOf(path));

    private static string FindRoot([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../.."));
}
