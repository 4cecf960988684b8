using System.Collections.Concurrent;
using System.Diagnostics;
using NotifyHub.TestKit;
using k8s;
using k8s.Models;

namespace NotifyHub.DeployTests;

/// <summary>
/// The output of <c>kubectl kustomize</c> for a folder under <c>k8s/</c>. Each object is read strictly as its type: a field that
/// Kubernetes does not know is an error.
/// </summary>
internal sealed class Overlay
{
    private static readonly Dictionary<string, Type> MoreTypes =
        new() { ["monitoring.coreos.com/v1/PodMonitor"] = typeof(PodMonitor) };
    private static readonly string[] SecretFiles =
        ["NotifyHub__JwtKey", "NotifyHub__Storage", "NotifyHub__AdministratorPassword", "postgres-password"];

    private static readonly ConcurrentDictionary<string, Lazy<Task<Overlay>>> Rendered = new();

    private Overlay(string name, IReadOnlyList<object> objects) => (Name, Objects) = (name, objects);

    public string Name { get; }

    public IReadOnlyList<object> Objects { get; }

    public IEnumerable<V1Deployment> Deployments => Of<V1Deployment>();

    /// <summary>The pod templates of everything that runs pods.</summary>
    public IEnumerable<V1PodTemplateSpec> Pods =>
        Deployments.Select(one => one.Spec.Template).Concat(Of<V1StatefulSet>().Select(one => one.Spec.Template));

    /// <summary>Renders each folder once: kubectl is slow, and nothing changes the result.</summary>
    public static Task<Overlay> RenderAsync(string name) => Rendered.GetOrAdd(name, one => new(() => RenderAnewAsync(one))).Value;

    public IEnumerable<T> Of<T>() => Objects.OfType<T>();

    public T Named<T>(string name) where T : IMetadata<V1ObjectMeta> => Of<T>().Single(one => one.Metadata.Name == name);

    /// <summary>The pods that match a selector.</summary>
    public IEnumerable<V1PodTemplateSpec> Selected(IDictionary<string, string> labels) =>
        Pods.Where(pod => labels.All(label => pod.Metadata.Labels.TryGetValue(label.Key, out var value) && value == label.Value));

    /// <summary>The environment of a container, as far as it is in the manifests: config maps and literal values.</summary>
    public Dictionary<string, string> Environment(V1Container container)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var source in container.EnvFrom ?? [])
        {
            foreach (var (name, value) in Named<V1ConfigMap>(source.ConfigMapRef.Name).Data) variables[name] = value;
        }

        foreach (var variable in container.Env ?? [])
        {
            // The pod's own address; any address shows that the setting accepts one.
            if (variable.ValueFrom is not null && variable.ValueFrom.FieldRef.FieldPath != "status.podIP")
                throw new InvalidOperationException($"{variable.Name}: unknown source {variable.ValueFrom.FieldRef.FieldPath}");
            variables[variable.Name] = variable.Value ?? "10.1.2.3";
        }

        return variables;
    }

    private static async Task<Overlay> RenderAnewAsync(string name)
    {
        using var copy = new KustomizeFolder();
        foreach (var file in SecretFiles) copy.Write($"overlays/local/secrets/{file}", $"value of {file}");
        var (exitCode, output, errors) = await copy.RenderAsync(name);
        if (exitCode != 0) throw new InvalidOperationException($"kubectl kustomize {name}: {errors}");
        return new Overlay(name, KubernetesYaml.LoadAllFromString(output, MoreTypes, strict: true));
    }
}

/// <summary>A copy of <c>k8s/</c> to which a test can add what an operator adds.</summary>
internal sealed class KustomizeFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("notifyhub-k8s-");

    public KustomizeFolder()
    {
        var source = Checkout.PathOf("k8s");
        foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            // Without the secrets of this checkout.
            var relative = Path.GetRelativePath(source, file);
            if (!relative.Contains("/secrets/", StringComparison.Ordinal)) Write(relative, File.ReadAllText(file));
        }
    }

    public void Write(string file, string content)
    {
        var path = Path.Combine(_folder.FullName, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    }

    public async Task<(int ExitCode, string Output, string Errors)> RenderAsync(string name)
    {
        using var kubectl = Process.Start(new ProcessStartInfo("kubectl", ["kustomize", Path.Combine(_folder.FullName, name)])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        }) ?? throw new InvalidOperationException("kubectl does not start.");
        var output = kubectl.StandardOutput.ReadToEndAsync();
        var errors = kubectl.StandardError.ReadToEndAsync();
        await kubectl.WaitForExitAsync();
        return (kubectl.ExitCode, await output, await errors);
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
