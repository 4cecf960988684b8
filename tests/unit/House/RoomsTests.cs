using System.Text.RegularExpressions;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.UnitTests.House;

/// <summary>Each type has a file of its name, and references between the folders of a project go one way, as
/// docs/architecture.md describes.</summary>
public sealed partial class RoomsTests
{
    /// <summary>The folders of the projects. Their orders are in <see cref="OrderedProject.All"/>.</summary>
    public static TheoryData<string> Projects => new(OrderedProject.All.Select(project => project.Folder));

    /// <summary>A part of a partial type is in <c>Type.Part.cs</c>.</summary>
    [Theory]
    [MemberData(nameof(Projects))]
    public void Each_type_is_in_a_file_of_its_name(string folder)
    {
        var files = Sources(OrderedProject.Of(folder)).Files.Where(file => !file.IsRazor).ToArray();
        Assert.Contains(files, file => file.Types.Count > 0);
        AssertNone(files.SelectMany(file =>
            file.Types.Where(type => type != file.Noun).Select(type => $"{folder}/{file.Path}: {type}")));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Folders_refer_in_their_order(string folder)
    {
        var project = OrderedProject.Of(folder);
        Assert.Equal(project.Order.Order(), Sources(project).Files.Select(file => file.Folder).Distinct().Order());
        var upwards = Arrows(project).Where(arrow => project.Rank(arrow.From.Folder) < project.Rank(arrow.To.Folder))
            .ToLookup(arrow => (arrow.From.Folder, arrow.To.Folder));
        AssertNone(upwards.Select(group => $"{group.Key.Item1} -> {group.Key.Item2}: {Examples(group)}"));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Files_import_no_namespace_of_a_later_folder(string folder)
    {
        var project = OrderedProject.Of(folder);
        AssertNone(
            from file in Sources(project).Files
            from import in file.Imports
            where import.StartsWith(project.Name + ".", StringComparison.Ordinal)
            let imported = import[(project.Name.Length + 1)..].Replace('.', '/')
            where project.Rank(imported) > project.Rank(file.Folder)
            select $"{file.Path} -> {imported}");
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Types_have_no_cycle(string folder)
    {
        var arrows = Arrows(OrderedProject.Of(folder)).Where(arrow => folder != "console" || !OpensDialog(arrow));
        var closing = Cycles.Arrows([.. arrows.Select(arrow => (arrow.From, arrow.To))]);
        AssertNone(closing.Select(arrow => $"{arrow.From} -> {arrow.To}"));
    }

    /// <summary>A gateway is a client of the silos, except where it may start one of its own (embedded mode).</summary>
    [Fact]
    public void Only_the_composition_of_the_gateway_names_the_grains()
    {
        var naming = Sources(OrderedProject.Of("gateway")).Files
            .Where(file => Grains().IsMatch(File.ReadAllText(Checkout.PathOf(Path.Combine("gateway", file.Path)))))
            .Select(file => file.Path);
        Assert.Equal(["GatewayHost.cs", "GatewayServices.cs", "Program.cs"], naming.Order(StringComparer.Ordinal));
    }

    /// <summary>A dialog of the console is itself a component like the one that opens it, or shows what that one lists.</summary>
    private static bool OpensDialog(TypeArrow arrow) => (arrow.From.Name, arrow.To.Name)
        is ("ConsoleComponent", "ConfirmDialog") or ("RequestLog", "RequestDialog");

    private static HashSet<TypeArrow> Arrows(OrderedProject project)
    {
        var sources = Sources(project);
        var compiled = CompiledTypes.Arrows(Assembly(project), sources);
        // An empty list would mean that the test checks nothing.
        Assert.NotEmpty(compiled);
        return [.. compiled, .. sources.Mentions()];
    }

    private static SourceTypes Sources(OrderedProject project) => new(Checkout.PathOf(project.Folder), project.Name);

    /// <summary>The path of the assembly that was built in the same configuration as the tests.</summary>
    private static string Assembly(OrderedProject project)
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        var file = project.Name + ".dll";
        var beside = Path.Combine(framework.FullName, file);
        return File.Exists(beside)
            ? beside : Checkout.PathOf(Path.Combine(project.Folder, "bin", framework.Parent!.Name, framework.Name, file));
    }

    private static string Examples(IEnumerable<TypeArrow> arrows) => string.Join(", ", arrows.Take(3));

    /// <summary>Unlike <c>Assert.Empty</c> it shows all of them.</summary>
    private static void AssertNone(IEnumerable<string> faults)
    {
        var lines = faults.Order(StringComparer.Ordinal).ToArray();
        Assert.True(lines.Length == 0, Environment.NewLine + string.Join(Environment.NewLine, lines));
    }

    [GeneratedRegex(@"\bNotifyHub\.Grains\b")]
    private static partial Regex Grains();
}
