using Microsoft.Extensions.Configuration;
using NotifyHub.Hosting.Settings;

namespace NotifyHub.Hosting;

/// <summary>Settings from files, one per setting, as Docker and Kubernetes mount secrets: the file <c>NotifyHub__JwtKey</c> holds
/// <c>NotifyHub:JwtKey</c>. Secrets outside the environment show in no process list, crash dump or container
/// description.</summary>
public static class SecretFiles
{
    private const string Setting = $"{CommonOptions.Section}:{nameof(CommonOptions.SecretsFolder)}";

    /// <summary>Adds the files of the folder that <c>NotifyHub:SecretsFolder</c> names, if any. They override all other
    /// sources.</summary>
    /// <returns>Null: done. Otherwise what to tell the operator before the process ends.</returns>
    public static string? AddSecretFiles(this ConfigurationManager configuration)
    {
        var folder = configuration[Setting];
        if (string.IsNullOrEmpty(folder)) return null;
        // Started without its secrets, a process would only complain of the settings that they hold.
        if (!Directory.Exists(folder)) return $"{Setting}: there is no folder '{folder}'.";

        try
        {
            configuration.AddKeyPerFile(Path.GetFullPath(folder));
            return null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return $"{Setting}: {fault.Message}";
        }
    }
}
