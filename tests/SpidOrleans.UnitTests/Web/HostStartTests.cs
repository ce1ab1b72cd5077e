using System.Diagnostics;
using System.Globalization;
using SpidOrleans.TestKit.Hosting;
using Xunit;

namespace SpidOrleans.UnitTests.Web;

/// <summary>The real hosts as processes, since an exit code and the two outputs are what an operator has.</summary>
public sealed class HostStartTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("spidorleans-").FullName;

    [Theory]
    [InlineData("configuration: ASPNETCORE_URLS is 'garbage'; expected ", "ASPNETCORE_URLS", "garbage")]
    [InlineData("configuration: ASPNETCORE_URLS is 'http://127.0.0.1:99999'; expected ", "ASPNETCORE_URLS", "http://127.0.0.1:99999")]
    [InlineData("configuration: ASPNETCORE_URLS is '192.0.2.1:5000'; expected an address of this machine", "ASPNETCORE_URLS", "http://192.0.2.1:5000")]
    [InlineData("configuration: Logging:LogLevel:Default is 'Loud'; expected ", "Logging__LogLevel__Default", "Loud")]
    [InlineData("configuration: Clients:c:Secrt is '***'; expected ", "Clients__c__Secrt", "mysecretvalue")]
    [InlineData("configuration: Secrets:Folder is '/nowhere/secrets'; expected the full path of a folder", "Secrets__Folder", "/nowhere/secrets")]
    [InlineData("configuration: Secrets:Folder is 'secrets'; expected the full path of a folder", "Secrets__Folder", "secrets", "SpidOrleans.Facade")]
    [InlineData("start: Unable to configure HTTPS endpoint", "ASPNETCORE_URLS", "https://127.0.0.1:0")]
    [InlineData("start: Failed to load configuration from file ", "file", "{nope")]
    [InlineData("configuration: ASPNETCORE_URLS is '192.0.2.1:5000'; expected an address of this machine", "ASPNETCORE_URLS", "http://192.0.2.1:5000", "SpidOrleans.Facade")]
    [InlineData("configuration: Clients:c:Secrt is '***'; expected ", "Clients__c__Secrt", "mysecretvalue", "SpidOrleans.Facade")]
    [InlineData("storage: Storage:ConnectionString is not ", "Storage__ConnectionString", "Host=db;Nonsense=1", "SpidOrleans.Facade", "PostgreSql")]
    public async Task WhatKeepsAHostFromStarting_IsOneLineAndNoStackTrace(string line, string key, string value, string program = "SpidOrleans.Silo", string storage = "Sqlite")
    {
        if (key == "file") await File.WriteAllTextAsync(Path.Combine(_folder, "appsettings.json"), value);
        using var host = Process.Start(StartInfo(program, storage, key, value))!;
        using var timeout = new CancellationTokenSource(Patience);
        try
        {
            var (output, errors) = (host.StandardOutput.ReadToEndAsync(timeout.Token), host.StandardError.ReadToEndAsync(timeout.Token));
            await host.WaitForExitAsync(timeout.Token);

            Assert.NotEqual(0, host.ExitCode);
            Assert.Contains((await errors).Split('\n'), error => error.StartsWith(line, StringComparison.Ordinal));
            var all = await output + await errors;
            Assert.DoesNotContain("   at ", all, StringComparison.Ordinal);
            Assert.DoesNotContain("fail:", all, StringComparison.Ordinal);
            Assert.DoesNotContain("mysecretvalue", all, StringComparison.Ordinal);
        }
        finally
        {
            if (!host.HasExited) host.Kill();
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private ProcessStartInfo StartInfo(string program, string storage, string key, string value)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, program + ".dll")])
        {
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Production";
        start.Environment["Storage__Provider"] = storage;
        start.Environment["Clients__c__Secret"] = "s";
        start.Environment["Projects__p__Token"] = "t";
        start.Environment["Cluster__SiloPort"] = Loopback.FreePort().ToString(CultureInfo.InvariantCulture);
        start.Environment["Cluster__GatewayPort"] = Loopback.FreePort().ToString(CultureInfo.InvariantCulture);
        start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        // A developer's certificate would make https work.
        start.Environment["HOME"] = _folder;
        start.Environment[key] = value;
        return start;
    }
}
