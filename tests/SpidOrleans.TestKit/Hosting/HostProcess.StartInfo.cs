using System.Diagnostics;
using System.Text.Json.Nodes;

namespace SpidOrleans.TestKit.Hosting;

public abstract partial class HostProcess
{
    private ProcessStartInfo StartInfo()
    {
        var file = Build is null ? HostFile.Find(Program) : Path.Combine(Build, Program + ".dll");
        var home = Path.GetDirectoryName(file)!;
        var start = new ProcessStartInfo("dotnet", ["exec", "--runtimeconfig", RuntimeConfig(file), file])
        {
            WorkingDirectory = DataFolder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Production";
        start.Environment["ASPNETCORE_URLS"] = Address.ToString();
        start.Environment["ASPNETCORE_CONTENTROOT"] = File.Exists(Path.Combine(home, "appsettings.json")) ? home : DataFolder;
        start.Environment["Logging__LogLevel__Microsoft"] = "Warning";
        foreach (var (key, value) in OwnSettings()) start.Environment[SiloSettings.Variable(key)] = value;
        foreach (var (name, value) in _settings.Environment(Build)) start.Environment[name] = value;
        return start;
    }

    /// <summary>The host's own, with the runtime properties that the settings add.</summary>
    private string RuntimeConfig(string file)
    {
        var own = Path.ChangeExtension(file, ".runtimeconfig.json");
        if (_settings.RuntimeProperties.Count == 0) return own;

        var config = JsonNode.Parse(File.ReadAllText(own))!;
        var options = config["runtimeOptions"]!.AsObject();
        if (options["configProperties"] is not JsonObject properties) options["configProperties"] = properties = [];
        foreach (var (name, value) in _settings.RuntimeProperties) properties[name] = value;
        var changed = Path.Combine(DataFolder, Path.GetFileName(own));
        File.WriteAllText(changed, config.ToJsonString());
        return changed;
    }
}
