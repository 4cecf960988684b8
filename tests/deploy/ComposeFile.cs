using System.Text.RegularExpressions;
using NotifyHub.TestKit;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace NotifyHub.DeployTests;

/// <summary>docker-compose.yml, read strictly: unknown keys are errors. Merge keys are resolved, variables are not.</summary>
internal sealed partial class ComposeFile
{
    public string Name { get; set; } = "";

    [YamlMember(Alias = "x-service", ApplyNamingConventions = false)]
    public ComposeService Common { get; set; } = new();

    public Dictionary<string, ComposeService> Services { get; set; } = [];

    public Dictionary<string, ComposeNetwork?> Networks { get; set; } = [];

    public Dictionary<string, object?> Volumes { get; set; } = [];

    public Dictionary<string, ComposeSecret> Secrets { get; set; } = [];

    public static ComposeFile Read()
    {
        using var reader = new StringReader(Checkout.Read("docker-compose.yml"));
        return new DeserializerBuilder().WithNamingConvention(UnderscoredNamingConvention.Instance).Build()
            .Deserialize<ComposeFile>(new MergingParser(new Parser(reader)));
    }

    /// <summary>Replaces variables by their defaults; a required variable has no default and stays.</summary>
    public static string WithDefaults(string value) => VariableWithDefault().Replace(value, match => match.Groups[1].Value);

    [GeneratedRegex(@"\$\{\w+:-([^}]*)\}")]
    private static partial Regex VariableWithDefault();
}

internal sealed class ComposeService
{
    public ComposeBuild? Build { get; set; }

    public string Image { get; set; } = "";

    public string[] Entrypoint { get; set; } = [];

    public string[] Command { get; set; } = [];

    public ComposeDeploy Deploy { get; set; } = new();

    public object? DependsOn { get; set; }

    [YamlMember(Alias = "networks", ApplyNamingConventions = false)]
    public object? NetworkList { get; set; }

    public Dictionary<string, string> Environment { get; set; } = [];

    public object[] Secrets { get; set; } = [];

    public string[] Volumes { get; set; } = [];

    public string[] Tmpfs { get; set; } = [];

    public string[] Ports { get; set; } = [];

    public Dictionary<string, int> Ulimits { get; set; } = [];

    public string StopGracePeriod { get; set; } = "";

    public string ShmSize { get; set; } = "";

    public string Restart { get; set; } = "";

    public bool ReadOnly { get; set; }

    public string[] CapAdd { get; set; } = [];

    public string[] CapDrop { get; set; } = [];

    public string[] SecurityOpt { get; set; } = [];

    public ComposeHealth? Healthcheck { get; set; }

    public ComposeLogging? Logging { get; set; }

    public IEnumerable<string> Dependencies => DependsOn switch
    {
        null => [],
        IEnumerable<KeyValuePair<object, object>> conditions => conditions.Select(one => (string)one.Key),
        var names => ((IEnumerable<object>)names).Cast<string>(),
    };

    [YamlIgnore]
    public string[] Networks => NetworkList switch
    {
        null => [],
        IEnumerable<KeyValuePair<object, object>> addresses => [.. addresses.Select(one => (string)one.Key)],
        var names => [.. ((IEnumerable<object>)names).Cast<string>()],
    };

    /// <summary>Its static address in a network; null: none.</summary>
    public string? AddressIn(string network) =>
        NetworkList is Dictionary<object, object> networks && networks[network] is Dictionary<object, object> own
            ? (string)own["ipv4_address"]
            : null;

    /// <summary>Its secrets, with their file names in the container.</summary>
    public Dictionary<string, string> SecretFiles => Secrets.ToDictionary(
        secret => secret as string ?? (string)((Dictionary<object, object>)secret)["source"],
        secret => secret as string ?? (string)((Dictionary<object, object>)secret)["target"]);
}

internal sealed class ComposeBuild
{
    public string Context { get; set; } = "";

    public string Target { get; set; } = "";
}

internal sealed class ComposeDeploy
{
    public int Replicas { get; set; } = 1;
}

internal sealed class ComposeHealth
{
    public string[] Test { get; set; } = [];

    public string Interval { get; set; } = "";

    public string Timeout { get; set; } = "";

    public int Retries { get; set; }

    public string StartPeriod { get; set; } = "";
}

internal sealed class ComposeLogging
{
    public string Driver { get; set; } = "";

    public Dictionary<string, string> Options { get; set; } = [];
}

internal sealed class ComposeNetwork
{
    public bool Internal { get; set; }

    public ComposeAddresses? Ipam { get; set; }
}

internal sealed class ComposeAddresses
{
    public Dictionary<string, string>[] Config { get; set; } = [];
}

internal sealed class ComposeSecret
{
    public string File { get; set; } = "";
}
