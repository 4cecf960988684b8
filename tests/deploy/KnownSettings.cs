using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using NotifyHub.Gateway.Settings;
using NotifyHub.Grains.Settings;

namespace NotifyHub.DeployTests;

/// <summary>The settings of the programs' option classes, and other variables that the programs or libraries read.</summary>
internal static partial class KnownSettings
{
    // Each with its reader.
    private static readonly HashSet<string> OfLibraries =
    [
        "OTEL_EXPORTER_OTLP_ENDPOINT", // OpenTelemetry's exporter, and the hosts, which export only when it is there
        "OTEL_EXPORTER_OTLP_PROTOCOL",
        "OTEL_SERVICE_NAME", // OpenTelemetry's resource
        "OTEL_RESOURCE_ATTRIBUTES",
        "ASPNETCORE_HTTP_PORTS", // ASP.NET Core
    ];

    /// <summary>Settings with secret values.</summary>
    public static IReadOnlyList<string> Secrets { get; } =
    [
        .. Names(typeof(GatewayOptions)).Concat(Names(typeof(SiloOptions)))
            .Where(name => name != nameof(GatewayOptions.SecretsFolder) && SecretName().IsMatch(name)).Distinct(),
    ];

    /// <summary>Returns null if a program with these options understands the variable, otherwise what is wrong with it.</summary>
    public static string? Fault(string variable, string value, Type options)
    {
        if (OfLibraries.Contains(variable)) return null;
        if (!variable.StartsWith("NotifyHub__", StringComparison.Ordinal)) return $"{variable}: no program reads it";

        var parts = variable.Split("__");
        if (options.GetProperty(parts[1]) is not { } property) return $"{variable}: {options.Name} has no such setting";
        var isList = property.PropertyType.IsArray;
        if (isList
            ? parts is not [_, _, var index] || !int.TryParse(index, CultureInfo.InvariantCulture, out _)
            : parts.Length != 2)
            return $"{variable}: {(isList ? "needs an index" : "is not a list")}";

        try
        {
            Bind(options, [new(variable, value)]);
            return null;
        }
        catch (InvalidOperationException fault)
        {
            return $"{variable}: {fault.Message}";
        }
    }

    /// <summary>The options as the program would bind them.</summary>
    public static T Bind<T>(IEnumerable<KeyValuePair<string, string>> variables) => (T)Bind(typeof(T), variables);

    private static object Bind(Type options, IEnumerable<KeyValuePair<string, string>> variables) =>
        new ConfigurationBuilder()
            .AddInMemoryCollection(variables.Select(
                one => KeyValuePair.Create(one.Key.Replace("__", ":", StringComparison.Ordinal), (string?)one.Value)))
            .Build().GetSection("NotifyHub").Get(options) ?? Activator.CreateInstance(options)!;

    private static IEnumerable<string> Names(Type options) =>
        options.GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(property => property.Name);

    [GeneratedRegex("Key$|Password$|Secret|^Storage$")]
    private static partial Regex SecretName();
}
