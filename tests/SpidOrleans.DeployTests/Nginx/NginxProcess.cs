using System.Diagnostics;
using System.Net.Sockets;
using SpidOrleans.DeployTests.Running;
using SpidOrleans.TestKit.Hosting;
using Xunit;

namespace SpidOrleans.DeployTests.Nginx;

/// <summary>Debian's nginx with two workers, in a folder of its own.</summary>
internal sealed class NginxProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Process _process;

    private NginxProcess(Process process, string folder, int port) => (_process, Folder, Port) = (process, folder, port);

    public string Folder { get; }

    public int Port { get; }

    /// <param name="site">Builds the site's configuration for the folder and the port.</param>
    public static async Task<NginxProcess> StartAsync(Func<string, int, SiteFile> site)
    {
        var folder = Directory.CreateTempSubdirectory("spidorleans-nginx-").FullName;
        var port = Loopback.FreePort();
        await File.WriteAllTextAsync(Path.Combine(folder, "spidorleans-proxy.conf"), new SiteFile("nginx/spidorleans-proxy.conf").ToString());
        await File.WriteAllTextAsync(Path.Combine(folder, "site.conf"), site(folder, port).ToString());
        await File.WriteAllTextAsync(Path.Combine(folder, "nginx.conf"), Surroundings(folder));

        (await Command.RunAsync(Command.Find("nginx")!, "-t", "-p", folder, "-c", "nginx.conf", "-e", "stderr")).Succeed();
        var process = Process.Start(new ProcessStartInfo(Command.Find("nginx")!, ["-p", folder, "-c", "nginx.conf", "-e", "stderr"])
        {
            RedirectStandardError = true,
        })!;
        var errors = process.StandardError.ReadToEndAsync();
        var nginx = new NginxProcess(process, folder, port);
        try
        {
            await nginx.UntilListeningAsync(errors);
            return nginx;
        }
        catch
        {
            await nginx.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        // SIGKILL would leave its workers behind.
        if (!_process.HasExited) (await Command.RunAsync("kill", "-TERM", $"{_process.Id}")).Succeed();
        await _process.WaitForExitAsync().WaitAsync(Patience);
        _process.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private async Task UntilListeningAsync(Task<string> errors)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (true)
        {
            Assert.False(_process.HasExited, _process.HasExited ? await errors : "");
            try
            {
                using var socket = new TcpClient();
                await socket.ConnectAsync("127.0.0.1", Port, limit.Token);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), limit.Token);
            }
        }
    }

    /// <summary>What Debian's own <c>nginx.conf</c> has around a site, as far as it matters.</summary>
    private static string Surroundings(string folder) => $$"""
        daemon off;
        {{(Environment.IsPrivilegedProcess ? "user root;" : "")}}
        worker_processes 2;
        pid {{folder}}/nginx.pid;
        error_log stderr crit;
        events { worker_connections 1024; }
        http {
            default_type application/octet-stream;
            client_body_temp_path {{folder}}/body;
            proxy_temp_path {{folder}}/proxy;
            fastcgi_temp_path {{folder}}/fastcgi;
            uwsgi_temp_path {{folder}}/uwsgi;
            scgi_temp_path {{folder}}/scgi;
            include site.conf;
        }
        """;
}
