using System.Diagnostics;

namespace SpidOrleans.TestKit.Postgres;

/// <summary>PostgreSQL refuses to run as root: root becomes the user that Debian's package makes, anybody else stays himself.</summary>
internal static class PostgresUser
{
    private const string Name = "postgres";
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    /// <summary>What goes before a command line.</summary>
    public static IReadOnlyList<string> Become { get; } =
        Environment.IsPrivilegedProcess ? ["setpriv", $"--reuid={Name}", $"--regid={Name}", "--init-groups"] : [];

    /// <summary>Makes a folder that belongs to that user alone.</summary>
    public static Task MakeFolderAsync(string path) =>
        RunAsync(["install", "-d", "-m", "700", .. Environment.IsPrivilegedProcess ? (string[])["-o", Name, "-g", Name] : [], path]);

    /// <exception cref="InvalidOperationException">It failed; says what it wrote.</exception>
    public static async Task RunAsync(IReadOnlyList<string> command)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        try
        {
            var output = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync()).WaitAsync(Timeout);
            await process.WaitForExitAsync().WaitAsync(Timeout);
            if (process.ExitCode != 0) throw new InvalidOperationException($"{string.Join(' ', command)} failed:{Environment.NewLine}{string.Concat(output)}");
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }
}
