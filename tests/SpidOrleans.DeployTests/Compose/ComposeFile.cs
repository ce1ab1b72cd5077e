using k8s;
using SpidOrleans.DeployTests.Running;

namespace SpidOrleans.DeployTests.Compose;

/// <summary><c>deploy/compose.yaml</c> as Debian's docker-compose understands it: checked against the Compose specification's schema, merged
/// and completed. It needs no engine for that.</summary>
internal sealed class ComposeFile
{
    private readonly Dictionary<string, object> _document;

    private ComposeFile(Dictionary<string, object> document) => _document = document;

    public IReadOnlyDictionary<string, object> Services => Map(_document["services"]);

    public IReadOnlyDictionary<string, object> Secrets => Map(_document["secrets"]);

    public IReadOnlyDictionary<string, object> Networks => Map(_document["networks"]);

    /// <param name="folder">A copy of <c>deploy</c>, with what its operator adds.</param>
    public static async Task<ComposeFile> ReadAsync(string folder)
    {
        var text = (await Command.RunAsync("docker-compose", "-f", Path.Combine(folder, "compose.yaml"), "--profile", "observability", "config")).Succeed();
        return new ComposeFile(Map(KubernetesYaml.Deserialize<Dictionary<object, object>>(text)));
    }

    /// <summary>What a service has under a path such as <c>deploy:resources:limits</c>; null if nothing.</summary>
    public object? Of(string service, string path)
    {
        object? value = Services[service];
        foreach (var key in path.Split(':')) value = value is null ? null : Map(value).GetValueOrDefault(key);
        return value;
    }

    public IReadOnlyList<object> ListOf(string service, string path) => Of(service, path) is IEnumerable<object> list ? [.. list] : [];

    public static Dictionary<string, object> Map(object map) =>
        ((IEnumerable<KeyValuePair<object, object>>)map).ToDictionary(one => (string)one.Key, one => one.Value);
}
