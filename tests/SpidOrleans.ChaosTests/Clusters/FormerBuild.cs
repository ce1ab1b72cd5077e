using System.Diagnostics;
using SpidOrleans.TestKit.Hosting;
using Xunit;

namespace SpidOrleans.ChaosTests.Clusters;

/// <summary>
/// The silo as it was at the commit that the file <c>former-build</c> names, built from the repository's history. That is the oldest
/// build that can be upgraded from while it runs: name a later one when that promise ends, and tell operators.
/// </summary>
internal static class FormerBuild
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);

    /// <summary>Built once, then taken from the tests' <c>obj</c>.</summary>
    /// <returns>The folder that has the silo.</returns>
    public static async Task<string> MakeAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        var (root, project) = (RepositoryRoot.Folder, Path.Combine(RepositoryRoot.Folder, "tests", "SpidOrleans.ChaosTests"));
        var commit = (await File.ReadAllTextAsync(Path.Combine(project, "Clusters", "former-build"), limit.Token)).Trim();
        if (await RunAsync("git", ["cat-file", "-e", $"{commit}^{{commit}}"], root, limit.Token) != 0)
            Assert.Skip($"the repository has no commit {commit}: fetch its history");

        var built = Path.Combine(project, "obj", "former", commit);
        if (Directory.Exists(built)) return built;

        var source = Directory.CreateTempSubdirectory("spidorleans-former-").FullName;
        try
        {
            await MustRunAsync("sh", ["-c", "git archive \"$1\" | tar -x -C \"$2\"", "sh", commit, source], root, limit.Token);
            // Beside the place where it is looked for: whoever ends this in between leaves nothing there.
            var output = built + ".new";
            await MustRunAsync("dotnet", ["build", "src/SpidOrleans.Silo", "-c", "Release", "-o", output, "-v", "quiet", "-nodeReuse:false"], source, limit.Token);
            Directory.Move(output, built);
            return built;
        }
        finally
        {
            Directory.Delete(source, recursive: true);
        }
    }

    private static async Task MustRunAsync(string program, string[] arguments, string folder, CancellationToken cancellationToken) =>
        Assert.Equal(0, await RunAsync(program, arguments, folder, cancellationToken));

    private static async Task<int> RunAsync(string program, string[] arguments, string folder, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder };
        // Of the repository that is the archive's, not of the one that the tests run in.
        start.Environment.Remove("MSBuildSDKsPath");
        start.Environment.Remove("MSBUILD_EXE_PATH");
        using var process = Process.Start(start)!;
        try
        {
            await process.WaitForExitAsync(cancellationToken);
            return process.ExitCode;
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }
}
