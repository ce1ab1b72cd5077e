using System.Diagnostics;
using k8s;
using k8s.Models;
using SpidOrleans.DeployTests.Running;
using Xunit;

namespace SpidOrleans.DeployTests.Helm;

/// <summary><c>deploy/helm/spidorleans</c>, rendered by Go's text/template and sprig, which Helm is made of.</summary>
public sealed class Chart : IAsyncLifetime
{
    private const string Libraries = "/usr/share/gocode";

    private readonly string _folder = Directory.CreateTempSubdirectory("spidorleans-helm-").FullName;

    public static string Folder => Repository.Deploy("helm/spidorleans");

    private string Renderer => Path.Combine(_folder, "render");

    public async ValueTask InitializeAsync()
    {
        if (!Tools.HaveGo) return;
        var start = new ProcessStartInfo("go", ["build", "-o", Renderer, Path.Combine(Repository.Root, "tests/SpidOrleans.DeployTests/Helm/render.go")]);
        (start.Environment["GO111MODULE"], start.Environment["GOPATH"], start.Environment["GOFLAGS"]) = ("off", Libraries, "");
        // Nowhere but in a person's own session is a home a matter of course.
        if (start.Environment.TryGetValue("HOME", out var home) is false || home is null) start.Environment["GOCACHE"] = Path.Combine(_folder, "cache");
        (await Command.RunAsync(start)).Succeed();
    }

    /// <param name="values">YAML that is laid over the chart's own.</param>
    internal async Task<Command> RenderAsync(string values)
    {
        var file = Path.Combine(_folder, $"{Guid.NewGuid():N}.yaml");
        await File.WriteAllTextAsync(file, values);
        return await Command.RunAsync(Renderer, Folder, file, "spid", "web");
    }

    /// <summary>What Kubernetes would get; a field that its API does not have fails here.</summary>
    internal async Task<Manifests> ReadAsync(string values)
    {
        var text = (await RenderAsync(values)).Succeed();
        return new Manifests(text, KubernetesYaml.LoadAllFromString(text, typeMap: null, strict: true));
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }
}

internal sealed record Manifests(string Text, IReadOnlyList<object> All)
{
    public T Get<T>(string name)
        where T : IKubernetesObject<V1ObjectMeta> => All.OfType<T>().Single(one => one.Metadata.Name == "spid-spidorleans" + name);
}
