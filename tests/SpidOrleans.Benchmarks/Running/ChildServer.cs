using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using SpidOrleans.TestKit.Hosting;

namespace SpidOrleans.Benchmarks.Running;

/// <summary>One of this program's servers in a process of its own; ends with its standard input, so never outlives us.</summary>
internal sealed class ChildServer : IDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(20);

    private readonly Process _process;

    private ChildServer(Process process, int port)
    {
        _process = process;
        Address = new Uri($"http://127.0.0.1:{port}");
    }

    public Uri Address { get; }

    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public static async Task<ChildServer> StartAsync(string role, params string[] arguments)
    {
        var port = Loopback.FreePort();
        var start = new ProcessStartInfo("dotnet", ["exec", typeof(ChildServer).Assembly.Location, role, $"{port}", .. arguments])
        {
            RedirectStandardInput = true,
        };
        var server = new ChildServer(Process.Start(start)!, port);
        try
        {
            await server.WaitUntilListeningAsync();
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }

    private async Task WaitUntilListeningAsync()
    {
        using var limit = new CancellationTokenSource(StartTimeout);
        while (true)
        {
            if (_process.HasExited) throw new InvalidOperationException($"The server ended with {_process.ExitCode} before it listened.");
            try
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, Address.Port), limit.Token);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), limit.Token);
            }
        }
    }
}
