using System.Text.RegularExpressions;
using System.Xml.Linq;
using NotifyHub.Gateway.Settings;
using NotifyHub.Grains.Settings;
using NotifyHub.Hosting;
using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.DeployTests;

/// <summary>The Dockerfile against the checkout, as far as possible without building an image.</summary>
public sealed partial class DockerfileTests
{
    private readonly List<Instruction> _instructions = [.. Parse(Checkout.Read("Dockerfile"))];

    [Fact]
    public void Every_file_that_is_copied_is_there_and_reaches_the_build()
    {
        var sources = _instructions.Where(one => one.Is("COPY") && !one.Text.Contains("--from=", StringComparison.Ordinal))
            .SelectMany(one => one.Text.Split(' ').Skip(1).SkipLast(1)
                .Where(word => !word.StartsWith("--", StringComparison.Ordinal))).ToList();
        // Everything is excluded except for these.
        var admitted = File.ReadLines(Checkout.PathOf(".dockerignore")).Where(line => line.StartsWith('!'))
            .Select(line => line[1..]).ToList();

        Assert.NotEmpty(sources);
        Assert.All(sources, source =>
        {
            Assert.True(Checkout.Has(source), source);
            Assert.Contains(admitted, path => source == path || source.StartsWith(path + "/", StringComparison.Ordinal));
        });
        Assert.Equal("*", File.ReadLines(Checkout.PathOf(".dockerignore")).First(line => !line.StartsWith('#')));
        Assert.All(admitted, path => Assert.True(Checkout.Has(path), path));
        // The secrets of make-secrets are not among them.
        Assert.DoesNotContain(
            admitted,
            path => path.StartsWith("secrets", StringComparison.Ordinal) || path.StartsWith("k8s", StringComparison.Ordinal));
    }

    [Fact]
    public void Restore_finds_every_project_and_lock_file_and_the_build_their_source()
    {
        var restore = _instructions.FindIndex(
            one => one.Is("RUN") && one.Text.Contains("dotnet restore", StringComparison.Ordinal));
        var publish = _instructions.FindIndex(
            one => one.Is("RUN") && one.Text.Contains("dotnet publish", StringComparison.Ordinal));
        var early = _instructions.Take(restore).Where(one => one.Is("COPY")).SelectMany(one => one.Text.Split(' ')).ToHashSet();
        var late = _instructions.Take(publish).Where(one => one.Is("COPY")).SelectMany(one => one.Text.Split(' ')).ToHashSet();
        var projects = Closure("gateway/NotifyHub.Gateway.csproj", "silo/NotifyHub.Silo.csproj");

        Assert.Contains("--locked-mode", _instructions[restore].Text, StringComparison.Ordinal);
        Assert.Contains("--no-restore", _instructions[publish].Text, StringComparison.Ordinal);
        Assert.All(projects, project =>
        {
            var folder = Path.GetDirectoryName(project)!;
            Assert.Contains(project, early);
            Assert.Contains($"{folder}/packages.lock.json", early);
            Assert.Contains(folder, late);
            Assert.Contains($"\"{project.Replace('/', '\\')}\"", Checkout.Read("NotifyHub.sln"), StringComparison.Ordinal);
        });
        Assert.All(
            new[] { "global.json", "Directory.Build.props", "Directory.Packages.props" }, file => Assert.Contains(file, early));
    }

    [Theory]
    [InlineData("gateway", "NotifyHub.Gateway.dll")]
    [InlineData("silo", "NotifyHub.Silo.dll")]
    public void The_image_runs_without_root_and_has_a_health_check(string stage, string program)
    {
        var image = Stage(stage);

        Assert.Equal("app", image.Last(one => one.Is("USER")).Text);
        Assert.Equal($"""["dotnet", "/app/{program}"]""", image.Single(one => one.Is("ENTRYPOINT")).Text);
        Assert.EndsWith(
            $"""CMD ["dotnet", "/app/{program}", "{HealthProbe.Argument}"]""", image.Single(one => one.Is("HEALTHCHECK")).Text,
            StringComparison.Ordinal);
        Assert.Contains(image, one => one.Is("COPY") && one.Text == $"--from=build /out/{stage} /app");
        // In cluster mode; the one-process mode has its data in /data.
        Assert.Equal("/", image.Last(one => one.Is("WORKDIR")).Text);
        Assert.DoesNotContain(
            image,
            one => one.Is("ENV")
                && KnownSettings.Secrets.Any(secret => one.Text.Contains($"__{secret}=", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_exposed_ports_are_the_programs()
    {
        var gateway = new GatewayOptions();
        var silo = new SiloOptions();

        Assert.Contains(Stage("gateway"), one => one.Is("ENV") && one.Text == "NotifyHub__HealthPort=8083");
        Assert.Equal(
            $"{gateway.WebSocketPort} {gateway.PushPort} {gateway.ConsolePort} 8083 9464",
            Stage("gateway").Single(one => one.Is("EXPOSE")).Text);
        Assert.Equal(
            $"{silo.SiloPort} {silo.GatewayPort} {silo.HealthPort} 9464", Stage("silo").Single(one => one.Is("EXPOSE")).Text);
        Assert.Equal($"""["/{gateway.DataFolder}"]""", Stage("gateway").Single(one => one.Is("VOLUME")).Text);
    }

    [Theory]
    [InlineData("docker compose exec backend netstat -tlnp", "net-tools")]
    [InlineData("docker compose exec backend ps aux", "procps")]
    [InlineData("nc localhost 8081", "netcat-openbsd")]
    public void What_the_guide_runs_in_the_gateways_container_is_in_its_image(string command, string package)
    {
        // The guide's commands and their packages in an Ubuntu image; every Ubuntu has bash, cat and tail.
        Assert.NotEmpty(command);
        Assert.Contains(Stage("gateway"), one => one.Is("RUN") && one.Text.Split(' ').Contains(package));
        Assert.Contains("aspnet:10.0-noble\n", Checkout.Read("Dockerfile"), StringComparison.Ordinal);
    }

    private List<Instruction> Stage(string name) =>
        [.. _instructions.SkipWhile(one => !(one.Is("FROM") && one.Text.EndsWith($" AS {name}", StringComparison.Ordinal)))
            .Skip(1).TakeWhile(one => !one.Is("FROM"))];

    /// <summary>These projects and everything that they reference, as paths in the checkout.</summary>
    private static HashSet<string> Closure(params string[] projects)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        var open = new Queue<string>(projects);
        while (open.TryDequeue(out var project))
        {
            if (!found.Add(project)) continue;
            var folder = Path.GetDirectoryName(Checkout.PathOf(project))!;
            foreach (var reference in XDocument.Load(Checkout.PathOf(project)).Descendants("ProjectReference"))
                open.Enqueue(Path.GetRelativePath(
                    Checkout.Root, Path.GetFullPath(Path.Combine(folder, reference.Attribute("Include")!.Value))));
        }

        return found;
    }

    private static IEnumerable<Instruction> Parse(string text)
    {
        var lines = text.Split('\n').Where(line => line.Length > 0 && !line.StartsWith('#'));
        var joined = Continuation().Replace(string.Join('\n', lines), " ");
        return joined.Split('\n').Select(line => line.Split(' ', 2)).Select(words => new Instruction(words[0], words[1].Trim()));
    }

    [GeneratedRegex(@"\s*\\\n\s*")]
    private static partial Regex Continuation();

    private sealed record Instruction(string Name, string Text)
    {
        public bool Is(string name) => Name == name;
    }
}
