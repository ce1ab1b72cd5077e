using System.Diagnostics;

namespace SpidOrleans.DeployTests.Running;

/// <summary>A program that runs to its end.</summary>
/// <param name="Output">What it wrote on either output.</param>
internal sealed record Command(int ExitCode, string Output)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(240);

    /// <summary>Where Debian puts what only root needs is searched too.</summary>
    private static readonly string[] Places =
        [.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries), "/usr/sbin", "/sbin"];

    /// <summary>The program's full path, or null where it is not installed.</summary>
    public static string? Find(string program) => Places.Select(place => Path.Combine(place, program)).FirstOrDefault(File.Exists);

    public static Task<Command> RunAsync(string program, params IEnumerable<string> arguments) =>
        RunAsync(new ProcessStartInfo(program, arguments));

    /// <exception cref="TimeoutException">It did not end in time, and was killed.</exception>
    public static async Task<Command> RunAsync(ProcessStartInfo start)
    {
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        using var process = Process.Start(start)!;
        try
        {
            var output = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync()).WaitAsync(Timeout);
            await process.WaitForExitAsync().WaitAsync(Timeout);
            return new Command(process.ExitCode, string.Concat(output));
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>Fails the test with what the program wrote, unless it ended well.</summary>
    public string Succeed()
    {
        Xunit.Assert.True(ExitCode == 0, $"It ended with {ExitCode}:{Environment.NewLine}{Output}");
        return Output;
    }
}
