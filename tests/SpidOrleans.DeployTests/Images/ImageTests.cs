using System.Diagnostics;
using System.Globalization;
using System.Xml.Linq;
using SpidOrleans.DeployTests.Running;
using SpidOrleans.TestKit.Hosting;
using Xunit;

namespace SpidOrleans.DeployTests.Images;

/// <summary>No Docker engine: the Dockerfile's own commands run here, in a folder that stands for the image's root.</summary>
public sealed class ImageTests : IDisposable
{
    private const int AppUser = 1654;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Dockerfile _file = new();
    private readonly string _root = Directory.CreateTempSubdirectory("spidorleans-image-").FullName;

    [Fact]
    public async Task WhatTheBuildStageMakes_RunsAsAnotherUser_IsHealthyByItsOwnCheck_AndStopsInOrder()
    {
        // Temporary folders are their maker's alone.
        (await Command.RunAsync("chmod", "755", _root)).Succeed();
        await BuildAsync();

        var silo = await RunAsync("silo", gatewayPort: Loopback.FreePort());
        var facade = await RunAsync("facade", silo.GatewayPort);
        try
        {
            await UntilHealthyAsync(silo);
            await UntilHealthyAsync(facade);
        }
        finally
        {
            await StopAsync(facade);
            await StopAsync(silo);
        }

        Assert.Equal((0, 0), (facade.Process.ExitCode, silo.Process.ExitCode));
        Assert.NotEqual(0, (await silo.CheckAsync()).ExitCode);
        Assert.True(File.Exists(InRoot("/data/spidorleans.db")));
    }

    [Theory]
    [InlineData("silo")]
    [InlineData("facade")]
    public void AnImage_IsSmall_OfNoPrivileges_AndSaysWhatItIs(string stage)
    {
        var all = _file.Inherited(stage);

        Assert.Equal("mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled", _file.BaseOf(_file.BaseOf(stage)));
        Assert.Equal("$APP_UID", all.Last(one => one.Keyword == "USER").Arguments);
        // A shell would be needed for what is no list, and there is none.
        Assert.All(all.Where(one => one.Keyword is "ENTRYPOINT" or "CMD"), one => Assert.NotEmpty(one.Exec));
        Assert.DoesNotContain(all, one => one.Keyword == "RUN");
        var labels = all.Where(one => one.Keyword == "LABEL").SelectMany(one => Dockerfile.Pairs(one.Arguments)).ToLookup(one => one.Key, one => one.Value);
        foreach (var label in (string[])["title", "description", "licenses", "version", "revision"])
            Assert.NotEmpty(labels[$"org.opencontainers.image.{label}"].Last());
        var version = XDocument.Load(Path.Combine(Repository.Root, "Directory.Build.props")).Descendants("Version").Single().Value;
        Assert.Contains(all, one => one is { Keyword: "ARG" } && one.Arguments == $"VERSION={version}");
    }

    [Theory]
    [InlineData("src/SpidOrleans.Silo/Program.cs", true)]
    [InlineData("Directory.Build.props", true)]
    [InlineData("src/SpidOrleans.Silo/bin/Release/net10.0/SpidOrleans.Silo.dll", false)]
    [InlineData("src/SpidOrleans.Silo/obj/project.assets.json", false)]
    [InlineData("tests/run", false)]
    [InlineData("data/spidorleans.db", false)]
    [InlineData("deploy/.env", false)]
    [InlineData("src/SpidOrleans.Silo/data/spidorleans.db", false)]
    [InlineData("README.md", false)]
    public void TheBuild_SeesTheSourceAndNothingElse(string path, bool isSeen) => Assert.Equal(isSeen, new BuildContext().Has(path));

    public void Dispose()
    {
        if (Directory.Exists(_root)) Directory.Delete(_root, recursive: true);
    }

    private async Task BuildAsync()
    {
        var context = new BuildContext();
        var folder = "/";
        foreach (var instruction in _file["build"])
        {
            switch (instruction.Keyword)
            {
                case "WORKDIR":
                    Directory.CreateDirectory(InRoot(folder = instruction.Arguments));
                    break;
                case "COPY":
                    var target = InRoot(Path.Combine(folder, instruction.Words[^1]));
                    foreach (var source in instruction.Words[..^1])
                        Assert.True(context.Copy(source, target, instruction.Words[^1].EndsWith('/')) > 0, $"COPY finds no {source}.");
                    break;
                case "RUN":
                    var start = new ProcessStartInfo("sh", ["-c", instruction.Arguments.Replace(" /out", " " + InRoot("/out"), StringComparison.Ordinal)]) { WorkingDirectory = InRoot(folder) };
                    foreach (var (name, value) in _file.EnvironmentOf("build")) start.Environment[name] = value;
                    // Servers that outlive their command would hold its output open.
                    start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
                    (await Command.RunAsync(start)).Succeed();
                    break;
                default:
                    Assert.Contains(instruction.Keyword, (string[])["ENV"]);
                    break;
            }
        }
    }

    /// <summary>The stage's own <c>COPY</c>, variables and entry point, as its user. Only ports are added.</summary>
    private async Task<Container> RunAsync(string stage, int gatewayPort)
    {
        foreach (var copy in _file[stage].Where(one => one.Keyword == "COPY"))
        {
            var words = copy.Words.Where(word => !word.StartsWith("--", StringComparison.Ordinal)).ToArray();
            var target = InRoot(Path.Combine("/app-" + stage, words[1] == "." ? "" : words[1]));
            Directory.CreateDirectory(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(target))!);
            (await Command.RunAsync("cp", "-a", InRoot(words[0]) + "/.", Path.TrimEndingDirectorySeparator(target))).Succeed();
            if (copy.Arguments.Contains("--chown=$APP_UID", StringComparison.Ordinal) && Environment.IsPrivilegedProcess)
                (await Command.RunAsync("chown", "-R", $"{AppUser}:{AppUser}", target)).Succeed();
        }

        var port = Loopback.FreePort();
        var environment = new Dictionary<string, string>(_file.EnvironmentOf(stage))
        {
            ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{port}",
            ["Cluster__SiloPort"] = Loopback.FreePort().ToString(CultureInfo.InvariantCulture),
            ["Cluster__GatewayPort"] = gatewayPort.ToString(CultureInfo.InvariantCulture),
        };
        if (environment.TryGetValue("Storage__ConnectionString", out var storage))
            environment["Storage__ConnectionString"] = storage.Replace("=/data", "=" + InRoot("/data"), StringComparison.Ordinal);
        var entry = _file[stage].Single(one => one.Keyword == "ENTRYPOINT").Exec;
        var check = _file[stage].Single(one => one.Keyword == "HEALTHCHECK").Arguments;
        return new Container(
            Start(entry), new Instruction("CMD", check[(check.IndexOf(" CMD ", StringComparison.Ordinal) + 5)..]).Exec, StartInfo, gatewayPort);

        Process Start(string[] command)
        {
            var process = Process.Start(StartInfo(command))!;
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            return process;
        }

        ProcessStartInfo StartInfo(string[] command)
        {
            string[] become = Environment.IsPrivilegedProcess
                ? ["setpriv", $"--reuid={AppUser}", $"--regid={AppUser}", "--clear-groups", "--bounding-set=-all", "--no-new-privs"] : [];
            string[] all = [.. become, .. command.Select(word => word.Replace("/app/", InRoot($"/app-{stage}/"), StringComparison.Ordinal))];
            var start = new ProcessStartInfo(all[0], all[1..]) { WorkingDirectory = InRoot($"/app-{stage}"), RedirectStandardOutput = true, RedirectStandardError = true };
            foreach (var (name, value) in environment) start.Environment[name] = value;
            start.Environment.Remove("HOME");
            return start;
        }
    }

    private static async Task UntilHealthyAsync(Container container)
    {
        using var limit = new CancellationTokenSource(Patience);
        for (var last = ""; (await container.CheckAsync()) is { ExitCode: not 0 } failed; last = failed.Output)
            Assert.False(limit.IsCancellationRequested || container.Process.HasExited, last);
    }

    private static async Task StopAsync(Container container)
    {
        if (!container.Process.HasExited) (await Command.RunAsync("kill", "-TERM", $"{container.Process.Id}")).Succeed();
        await container.Process.WaitForExitAsync().WaitAsync(Patience);
    }

    private string InRoot(string path) => path == "/data" || path.StartsWith("/data/", StringComparison.Ordinal)
        ? Path.Combine(_root, "app-silo", path[1..])
        : Path.Combine(_root, path.TrimStart('/'));

    private sealed record Container(Process Process, string[] HealthCheck, Func<string[], ProcessStartInfo> StartInfo, int GatewayPort)
    {
        public Task<Command> CheckAsync() => Command.RunAsync(StartInfo(HealthCheck));
    }
}
