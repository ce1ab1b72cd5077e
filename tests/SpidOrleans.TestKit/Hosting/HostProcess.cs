using System.Diagnostics;
using System.Net;

namespace SpidOrleans.TestKit.Hosting;

/// <summary>A real host as a child process, with an address and a data folder of its own that outlive restarts.</summary>
public abstract partial class HostProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan ProbeEvery = TimeSpan.FromMilliseconds(100);

    private readonly SiloSettings _settings;
    private readonly int _port = Loopback.FreePort();
    private readonly OutputTail _output = new();
    private Process? _process;

    private protected HostProcess(SiloSettings settings) => (_settings, Build) = (settings, settings.Build);

    /// <summary>The folder of another build than this repository's, from the next start on.</summary>
    public string? Build { get; set; }

    public Uri Address => new($"http://127.0.0.1:{_port}");

    /// <summary>Removed in the end.</summary>
    public string DataFolder { get; } = Directory.CreateTempSubdirectory("spidorleans-").FullName;

    /// <summary>The last lines of both outputs, of all runs.</summary>
    public string Output => _output.ToString();

    public bool IsRunning => _process is { HasExited: false };

    /// <summary>Resident memory (VmRSS) now.</summary>
    public long MemoryBytes => ProcessMemory.ResidentBytes(Running.Id);

    /// <summary>Processor time of the present run.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            Running.Refresh();
            return Running.TotalProcessorTime;
        }
    }

    private Process Running => IsRunning ? _process! : throw new InvalidOperationException($"The host is not running.{Environment.NewLine}{Output}");

    /// <summary>The name of the host's project.</summary>
    private protected abstract string Program { get; }

    /// <summary>Which of <c>health/live</c> and <c>health/ready</c> a start waits for.</summary>
    private protected virtual string AwaitedHealth => "health/ready";

    /// <summary>By their configuration keys.</summary>
    private protected abstract IEnumerable<KeyValuePair<string, string>> OwnSettings();

    /// <summary>Starts it, and takes it away again if that fails.</summary>
    private protected static async Task<THost> StartAsync<THost>(THost host)
        where THost : HostProcess
    {
        try
        {
            await host.StartAsync();
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts (again, on the same data and ports) and waits until the host is ready.</summary>
    /// <exception cref="SiloFailedException">It ended or did not become ready in time.</exception>
    public async Task StartAsync()
    {
        if (IsRunning) throw new InvalidOperationException("The host is already running.");
        _process?.Dispose();
        _process = new Process { StartInfo = StartInfo() };
        _process.OutputDataReceived += (_, line) => _output.Add(line.Data);
        _process.ErrorDataReceived += (_, line) => _output.Add(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await WaitUntilReadyAsync();
    }

    /// <summary>SIGKILL: no code of the host runs after it.</summary>
    public async Task KillAsync()
    {
        Running.Kill();
        await _process!.WaitForExitAsync().WaitAsync(StopTimeout);
    }

    /// <summary>SIGSTOP: its connections stay up, and nobody answers on them any more.</summary>
    public void Freeze() => Send(ProcessSignal.SIGSTOP);

    /// <summary>Goes on where it was frozen, with whatever has arrived since.</summary>
    public void Thaw() => Send(ProcessSignal.SIGCONT);

    /// <summary>SIGTERM, and waits for the end.</summary>
    /// <returns>The exit code.</returns>
    public Task<int> StopAsync()
    {
        Send(ProcessSignal.SIGTERM);
        return WaitForEndAsync(StopTimeout);
    }

    /// <summary>Runs the same program with the same settings as a health probe, whether the host runs or not.</summary>
    /// <returns>The probe's exit code.</returns>
    public async Task<int> ProbeAsync()
    {
        var start = StartInfo();
        start.ArgumentList.Add("--health");
        using var probe = Process.Start(start)!;
        try
        {
            _ = await Task.WhenAll(probe.StandardOutput.ReadToEndAsync(), probe.StandardError.ReadToEndAsync()).WaitAsync(StopTimeout);
            await probe.WaitForExitAsync().WaitAsync(StopTimeout);
            return probe.ExitCode;
        }
        finally
        {
            if (!probe.HasExited) probe.Kill();
        }
    }

    /// <summary>Waits for an end that the host comes to by itself.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> WaitForEndAsync(TimeSpan timeout)
    {
        try
        {
            await _process!.WaitForExitAsync().WaitAsync(timeout);
        }
        catch (TimeoutException)
        {
            throw new SiloFailedException($"The host did not end within {timeout.TotalSeconds:0} s.", Output);
        }

        return _process.ExitCode;
    }

    /// <summary>True while it holds a connection to that port of this machine.</summary>
    public bool IsConnectedTo(int port) => ProcessSockets.AreConnectedTo(Running.Id, port);

    public async ValueTask DisposeAsync()
    {
        if (IsRunning) await KillAsync();
        _process?.Dispose();
        _settings.Report?.Invoke(Output);
        Directory.Delete(DataFolder, recursive: true);
        GC.SuppressFinalize(this);
    }

    private void Send(int signal)
    {
        if (!ProcessSignal.Send(Running.Id, signal)) throw new InvalidOperationException($"Signal {signal} could not be sent.");
    }

    private async Task WaitUntilReadyAsync()
    {
        using var limit = new CancellationTokenSource(StartTimeout);
        using var http = new HttpClient { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(5) };
        while (!limit.IsCancellationRequested)
        {
            if (!IsRunning) throw new SiloFailedException($"The host ended with {_process!.ExitCode} before it was ready.", Output);
            try
            {
                using var answer = await http.GetAsync(new Uri(AwaitedHealth, UriKind.Relative), limit.Token);
                if (answer.StatusCode == HttpStatusCode.OK) return;
            }
            catch (Exception notYet) when (notYet is HttpRequestException or OperationCanceledException)
            {
                // Not listening yet.
            }

            await Task.Delay(ProbeEvery, limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        throw new SiloFailedException($"The host was not ready within {StartTimeout.TotalSeconds} s.", Output);
    }
}
