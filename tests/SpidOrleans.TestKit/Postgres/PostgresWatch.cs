using System.Diagnostics;
using System.Globalization;
using SpidOrleans.TestKit.Hosting;

namespace SpidOrleans.TestKit.Postgres;

/// <summary>
/// One run of PostgreSQL's postmaster, under a shell that ends it when our end of the shell's standard input closes: at the
/// latest when this process dies, however it does. (A parent-death signal of our own would follow the thread that started
/// the server, not the process; the shell has only one thread, so the signal is right for the shell's own end.)
/// </summary>
internal sealed class PostgresWatch : IDisposable
{
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(10);

    // What is frozen must go on before it can end. PostgreSQL itself kills what has not ended five seconds after SIGQUIT.
    private const string Script = """
        exec 3<&0
        "$@" </dev/null >>"$LOG" 2>&1 3<&- &
        server=$!
        echo "$server"
        {
            read -r _ <&3
            kill -CONT "$server" $(cat "/proc/$server/task/$server/children")
            kill -QUIT "$server"
        } >/dev/null 2>&1 &
        watch=$!
        exec >/dev/null 2>&1 3<&-
        wait "$server"
        ended=$?
        kill "$watch"
        exit "$ended"
        """;

    private readonly Process _shell;
    private readonly int _postmaster;

    private PostgresWatch(Process shell, int postmaster) => (_shell, _postmaster) = (shell, postmaster);

    public bool IsRunning => !_shell.HasExited;

    public TimeSpan ProcessorTime => ProcessTree.ProcessorTime(_postmaster);

    /// <param name="log">Gets both outputs, at its end.</param>
    public static async Task<PostgresWatch> StartAsync(string log, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(
            "/bin/sh", ["-c", Script, "sh", .. PostgresUser.Become, "setpriv", "--pdeathsig", "QUIT", PostgresFiles.Program("postgres"), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["LOG"] = log;
        var shell = Process.Start(start)!;
        try
        {
            var postmaster = await shell.StandardOutput.ReadLineAsync().WaitAsync(EndTimeout);
            return new PostgresWatch(shell, int.Parse(postmaster!, CultureInfo.InvariantCulture));
        }
        catch
        {
            shell.Kill();
            shell.Dispose();
            throw;
        }
    }

    /// <summary>Sends the signal that asks the postmaster to end in one of its ways, and waits until it has.</summary>
    public async Task EndAsync(int signal)
    {
        Thaw();
        ProcessSignal.Send(_postmaster, signal);
        await _shell.WaitForExitAsync().WaitAsync(EndTimeout);
    }

    /// <summary>As if the machine had stopped: nobody gets to clean up, and all are gone on return.</summary>
    public async Task KillAsync()
    {
        ProcessSignal.Send(_postmaster, ProcessSignal.SIGSTOP);
        var children = ProcessTree.Children(_postmaster);
        ProcessSignal.Send(_postmaster, ProcessSignal.SIGKILL);
        foreach (var child in children) ProcessSignal.Send(child, ProcessSignal.SIGKILL);

        using var limit = new CancellationTokenSource(EndTimeout);
        await _shell.WaitForExitAsync(limit.Token);
        // Their shared memory is the postmaster's: another one refuses to start while they have it.
        while (children.Any(ProcessTree.IsRunning)) await Task.Delay(LookEvery, limit.Token);
    }

    /// <summary>The postmaster first: nobody can be born behind our back.</summary>
    public void Freeze()
    {
        ProcessSignal.Send(_postmaster, ProcessSignal.SIGSTOP);
        foreach (var child in ProcessTree.Children(_postmaster)) ProcessSignal.Send(child, ProcessSignal.SIGSTOP);
    }

    public void Thaw()
    {
        foreach (var child in ProcessTree.Children(_postmaster)) ProcessSignal.Send(child, ProcessSignal.SIGCONT);
        ProcessSignal.Send(_postmaster, ProcessSignal.SIGCONT);
    }

    public void Dispose() => _shell.Dispose();
}
