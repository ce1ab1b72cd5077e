using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using SpidOrleans.DeployTests.Running;
using SpidOrleans.TestKit.Hosting;
using Xunit;

namespace SpidOrleans.DeployTests.Systemd;

public sealed class UnitFileTests : IDisposable
{
    /// <summary>systemd's own measure: 0 is a unit that may do nothing, 10 one that may do everything.</summary>
    private const int ExposureMax = 2;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("spidorleans-units-").FullName;

    [ToolTheory(nameof(Tools.HaveSystemd))]
    [InlineData("spidorleans-silo")]
    [InlineData("spidorleans-facade")]
    public async Task SystemdUnderstandsEveryLine_AndFindsLittleThatTheUnitMayDo(string name)
    {
        var unit = new UnitFile(name);
        var file = Path.Combine(_folder, name + ".service");
        // The program must be there for systemd to be content: here it lies elsewhere.
        await File.WriteAllTextAsync(file, unit.Text.Replace("/usr/bin/dotnet ", Command.Find("dotnet") + " ", StringComparison.Ordinal));

        var verified = await Command.RunAsync("systemd-analyze", "verify", "--man=no", file);
        Assert.Equal((0, ""), (verified.ExitCode, string.Join('\n', verified.Output.Split('\n').Where(line => line.Contains(name, StringComparison.Ordinal)))));

        (await Command.RunAsync("systemd-analyze", "security", "--no-pager", "--offline=true", $"--threshold={ExposureMax * 10}", file)).Succeed();
    }

    [ToolFact(nameof(Tools.HaveSystemd))]
    public async Task WhatSystemdDoesNotUnderstand_FailsTheVerification()
    {
        var file = Path.Combine(_folder, "spidorleans-wrong.service");
        await File.WriteAllTextAsync(file, new UnitFile("spidorleans-silo").Text
            .Replace("/usr/bin/dotnet ", Command.Find("dotnet") + " ", StringComparison.Ordinal)
            .Replace("NoNewPrivileges=yes", "NoNewPrivilege=yes", StringComparison.Ordinal));

        var verified = await Command.RunAsync("systemd-analyze", "verify", "--man=no", file);

        Assert.Contains("NoNewPrivilege", verified.Output, StringComparison.Ordinal);
    }

    /// <summary>The host is run as the unit would run it, except for the limits, and tells us instead of systemd.</summary>
    [Theory]
    [InlineData("spidorleans-silo", "SpidOrleans.Silo.dll")]
    [InlineData("spidorleans-facade", "SpidOrleans.Facade.dll")]
    public async Task TheHost_TellsSystemdThatItServes_AndThatItStops(string name, string program)
    {
        var unit = new UnitFile(name);
        Assert.Equal(["notify"], unit["Type"]);
        var command = Assert.Single(unit["ExecStart"]).Split(' ');
        Assert.EndsWith('/' + program, command[1], StringComparison.Ordinal);
        var socketFile = Path.Combine(_folder, "notify");
        using var notifications = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        notifications.Bind(new UnixDomainSocketEndPoint(socketFile));
        var secrets = Directory.CreateDirectory(Path.Combine(_folder, "secrets")).FullName;
        await File.WriteAllTextAsync(Path.Combine(secrets, "Clients__news__Secret"), "news-secret\n");
        await File.WriteAllTextAsync(Path.Combine(secrets, "Projects__news__Token"), "token\n");

        // A host believes that systemd started it if its parent is called so: here that is a shell, which tells us the host's id.
        var parent = Path.Combine(_folder, "systemd");
        File.Copy("/bin/sh", parent);
        var start = new ProcessStartInfo(parent, ["-c", "\"$@\" >/dev/null 2>&1 & echo $!; wait $!", "sh", command[0].Replace("/usr/bin/", "", StringComparison.Ordinal), Path.Combine(AppContext.BaseDirectory, program)])
        {
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
        };
        foreach (var setting in unit["Environment"].SelectMany(line => line.Split(' ')).Select(setting => setting.Split('=', 2)))
            start.Environment[setting[0]] = setting[1].Replace("/etc/spidorleans/secrets", secrets, StringComparison.Ordinal);
        start.Environment["NOTIFY_SOCKET"] = socketFile;
        start.Environment["ASPNETCORE_URLS"] = $"http://127.0.0.1:{Loopback.FreePort()}";
        start.Environment["Cluster__SiloPort"] = Loopback.FreePort().ToString(CultureInfo.InvariantCulture);
        start.Environment["Cluster__GatewayPort"] = Loopback.FreePort().ToString(CultureInfo.InvariantCulture);
        using var shell = Process.Start(start)!;
        using var host = Process.GetProcessById(int.Parse((await shell.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture));
        try
        {
            Assert.Contains("READY=1", await ReceiveAsync(), StringComparison.Ordinal);
            // The secrets' folder is the only place that names a client: without it the demo client would answer.
            using var http = new HttpClient { BaseAddress = new Uri(start.Environment["ASPNETCORE_URLS"]!) };
            using var answer = await http.GetAsync(new Uri("/", UriKind.Relative));
            Assert.Equal(System.Net.HttpStatusCode.NotFound, answer.StatusCode);

            var stoppedAt = Stopwatch.GetTimestamp();
            (await Command.RunAsync("kill", "-TERM", $"{host.Id}")).Succeed();
            Assert.Contains("STOPPING=1", await ReceiveAsync(), StringComparison.Ordinal);
            await shell.WaitForExitAsync().WaitAsync(Patience);

            // The shell ends as the host has ended.
            Assert.Equal(0, shell.ExitCode);
            var allowed = TimeSpan.FromSeconds(int.Parse(Assert.Single(unit["TimeoutStopSec"]), CultureInfo.InvariantCulture));
            Assert.InRange(Stopwatch.GetElapsedTime(stoppedAt), TimeSpan.Zero, allowed);
        }
        finally
        {
            if (!shell.HasExited) host.Kill();
        }

        async Task<string> ReceiveAsync()
        {
            using var limit = new CancellationTokenSource(Patience);
            var bytes = new byte[1_000];
            return Encoding.UTF8.GetString(bytes, 0, await notifications.ReceiveAsync(bytes, SocketFlags.None, limit.Token));
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
