using SpidOrleans.DeployTests.Running;

namespace SpidOrleans.DeployTests.Systemd;

/// <summary>A unit of <c>deploy/systemd</c>, line by line.</summary>
internal sealed class UnitFile(string name)
{
    public string Text { get; } = File.ReadAllText(Repository.Deploy($"systemd/{name}.service"));

    /// <summary>The key's values in their order; a key may stand there several times.</summary>
    public IReadOnlyList<string> this[string key] =>
        [.. Text.Split('\n').Where(line => line.StartsWith(key + '=', StringComparison.Ordinal)).Select(line => line[(key.Length + 1)..])];
}
