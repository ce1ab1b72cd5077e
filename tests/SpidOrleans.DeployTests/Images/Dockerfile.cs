using SpidOrleans.DeployTests.Running;

namespace SpidOrleans.DeployTests.Images;

/// <summary><c>deploy/Dockerfile</c>, stage by stage.</summary>
internal sealed class Dockerfile
{
    private readonly Dictionary<string, (string Base, List<Instruction> Instructions)> _stages = [];

    public Dockerfile()
    {
        var lines = File.ReadAllLines(Repository.Deploy("Dockerfile")).Where(line => !line.TrimStart().StartsWith('#'));
        var text = string.Join('\n', lines).Replace("\\\n", " ", StringComparison.Ordinal);
        List<Instruction>? stage = null;
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var space = line.IndexOf(' ', StringComparison.Ordinal);
            var instruction = new Instruction(line[..space].ToUpperInvariant(), line[space..].Trim());
            if (instruction.Keyword != "FROM") stage!.Add(instruction);
            else _stages.Add(instruction.Words[2], (instruction.Words[0], stage = []));
        }
    }

    public IReadOnlyCollection<string> Stages => _stages.Keys;

    public string BaseOf(string stage) => _stages[stage].Base;

    public IReadOnlyList<Instruction> this[string stage] => _stages[stage].Instructions;

    /// <summary>What holds for containers of a stage: its own instructions after those of the stages that it is made from.</summary>
    public IReadOnlyList<Instruction> Inherited(string stage) =>
        _stages.TryGetValue(stage, out var found) ? [.. Inherited(found.Base), .. found.Instructions] : [];

    /// <summary>The variables that a container of the stage starts with.</summary>
    public IReadOnlyDictionary<string, string> EnvironmentOf(string stage)
    {
        var variables = new Dictionary<string, string>();
        foreach (var instruction in Inherited(stage).Where(instruction => instruction.Keyword == "ENV"))
            foreach (var pair in Pairs(instruction.Arguments)) variables[pair.Key] = pair.Value;
        return variables;
    }

    /// <summary><c>a=b c="d e"</c>.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Pairs(string arguments)
    {
        for (var rest = arguments.Trim(); rest.Length > 0;)
        {
            var equals = rest.IndexOf('=', StringComparison.Ordinal);
            var isQuoted = rest[equals + 1] == '"';
            var begin = isQuoted ? equals + 2 : equals + 1;
            var end = rest.IndexOf(isQuoted ? '"' : ' ', begin);
            if (end < 0) end = rest.Length;
            yield return new(rest[..equals], rest[begin..end]);
            rest = rest[Math.Min(rest.Length, isQuoted ? end + 1 : end)..].Trim();
        }
    }
}
