using System.Text.RegularExpressions;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.UnitTests.House;

/// <summary>References between the folders of a project go one way, as docs/architecture.md describes.</summary>
public sealed partial class RoomsTests
{
    /// <summary>The gateway's folders. Each may refer to those before it; the root folder, which composes them, to all.</summary>
    private static readonly string[] GatewayOrder =
        ["Settings", "Network", "Telemetry", "Access", "Channels", "Sockets", "Push", "Cluster", "Api", "Site", ""];

    /// <summary>Folder and assembly of each project. The root namespace has the assembly's name.</summary>
    public static TheoryData<string, string> Projects => new()
    {
        { "gateway", "NotifyHub.Gateway" },
        { "grains", "NotifyHub.Grains" },
        { "grain-interfaces", "NotifyHub.GrainInterfaces" },
        { "hosting", "NotifyHub.Hosting" },
        { "telemetry", "NotifyHub.Telemetry" },
        { "silo", "NotifyHub.Silo" },
        { "console", "NotifyHub.Console" },
    };

    [Theory]
    [MemberData(nameof(Projects))]
    public void Folders_have_no_cycle(string folder, string assembly)
    {
        var arrows = Arrows(folder, assembly);
        var between = arrows.Where(arrow => arrow.From.Folder != arrow.To.Folder).ToLookup(arrow =>
            (arrow.From.Folder, arrow.To.Folder));
        var closing = Cycles.Arrows([.. between.Select(group => group.Key)]);
        Assert.True(closing.Count == 0,
            Describe(closing.Select(arrow => $"{arrow.From} -> {arrow.To}: {Examples(between[arrow])}")));
    }

    [Fact]
    public void Types_of_the_gateway_have_no_cycle()
    {
        var closing = Cycles.Arrows([.. Arrows("gateway", "NotifyHub.Gateway").Select(arrow => (arrow.From, arrow.To))]);
        Assert.True(closing.Count == 0, Describe(closing.Select(arrow => $"{arrow.From} -> {arrow.To}")));
    }

    [Fact]
    public void Folders_of_the_gateway_refer_in_the_order_of_the_architecture()
    {
        var arrows = Arrows("gateway", "NotifyHub.Gateway");
        var upwards = arrows.Where(arrow => Rank(arrow.From) < Rank(arrow.To)).ToLookup(arrow =>
            (arrow.From.Folder, arrow.To.Folder));
        Assert.All(arrows, arrow => Assert.Contains(arrow.From.Folder, GatewayOrder));
        Assert.True(upwards.Count == 0,
            Describe(upwards.Select(group => $"{group.Key.Item1} -> {group.Key.Item2}: {Examples(group)}")));

        static int Rank(TypeName type) => Array.IndexOf(GatewayOrder, type.Folder);
    }

    /// <summary>Inlined constants leave no trace in the assembly, but their using directives are in the source.</summary>
    [Fact]
    public void Files_of_the_gateway_import_no_namespace_of_a_later_folder()
    {
        List<string> upwards = [];
        foreach (var (rank, folder) in GatewayOrder.Index())
        {
            if (folder.Length == 0) continue;
            foreach (var file in Directory.EnumerateFiles(Checkout.PathOf(Path.Combine("gateway", folder)), "*.cs",
                SearchOption.AllDirectories))
            {
                foreach (var import in GatewayImport().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value))
                    if (Array.IndexOf(GatewayOrder, import) > rank) upwards.Add($"{folder}/{Path.GetFileName(file)} -> {import}");
            }
        }

        Assert.True(upwards.Count == 0, Describe(upwards));
    }

    private static IReadOnlyCollection<TypeArrow> Arrows(string folder, string assembly)
    {
        var arrows = CompiledTypes.Arrows(Assembly(folder, assembly), new SourceTypes(Checkout.PathOf(folder), assembly));
        // An empty list would mean that the test checks nothing.
        Assert.NotEmpty(arrows);
        return arrows;
    }

    /// <summary>The path of the assembly that was built in the same configuration as the tests.</summary>
    private static string Assembly(string folder, string assembly)
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        var beside = Path.Combine(framework.FullName, assembly + ".dll");
        return File.Exists(beside)
            ? beside : Checkout.PathOf(Path.Combine(folder, "bin", framework.Parent!.Name, framework.Name, assembly + ".dll"));
    }

    private static string Examples(IEnumerable<TypeArrow> arrows) => string.Join(", ", arrows.Take(3));

    private static string Describe(IEnumerable<string> arrows) =>
        Environment.NewLine + string.Join(Environment.NewLine, arrows.Order());

    [GeneratedRegex(@"^using NotifyHub\.Gateway\.(\w+)", RegexOptions.Multiline)]
    private static partial Regex GatewayImport();
}
