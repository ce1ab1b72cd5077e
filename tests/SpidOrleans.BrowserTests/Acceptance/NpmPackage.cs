using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Text;

namespace SpidOrleans.BrowserTests.Acceptance;

/// <summary>One file of a package as published at npm; fetched once per run.</summary>
/// <param name="File">Its path, which begins with <c>package/</c>.</param>
internal sealed record NpmPackage(string Name, string Version, string File)
{
    private static readonly TimeSpan FetchTimeout = TimeSpan.FromSeconds(90);

    private static readonly ConcurrentDictionary<NpmPackage, Lazy<Task<(string? Script, string? Reason)>>> Fetched = [];

    public async Task<string> ReadAsync() => (await FetchAsync()).Script ?? throw new InvalidOperationException($"{Name} {Version}");

    /// <summary>Skips the test where npm or the version cannot be had, and says why.</summary>
    public async Task RequireAsync() => Assert.SkipWhen((await FetchAsync()).Reason is not null, (await FetchAsync()).Reason ?? "");

    /// <summary>Runs npm in a folder, at most so long.</summary>
    /// <returns>What it printed; null: it is not installed.</returns>
    public static async Task<string?> RunNpmAsync(string folder, params string[] arguments)
    {
        try
        {
            using var npm = Process.Start(new ProcessStartInfo("npm", arguments)
            {
                WorkingDirectory = folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var printed = Task.WhenAll(npm.StandardOutput.ReadToEndAsync(), npm.StandardError.ReadToEndAsync());
            using var limit = new CancellationTokenSource(FetchTimeout);
            try
            {
                await npm.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                npm.Kill(entireProcessTree: true);
            }

            return string.Concat(await printed);
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    private Task<(string? Script, string? Reason)> FetchAsync() => Fetched.GetOrAdd(this, package => new(package.PackAsync)).Value;

    private async Task<(string? Script, string? Reason)> PackAsync()
    {
        var folder = Directory.CreateTempSubdirectory("npm-package-");
        try
        {
            if (await RunNpmAsync(folder.FullName, "pack", "--silent", $"{Name}@{Version}") is null) return (null, "npm is not installed");
            var package = folder.GetFiles("*.tgz").SingleOrDefault();
            return package is null ? (null, $"npm cannot reach {Name} {Version}") : (await UnpackAsync(package.FullName), null);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private async Task<string> UnpackAsync(string path)
    {
        await using var file = System.IO.File.OpenRead(path);
        await using var unzipped = new GZipStream(file, CompressionMode.Decompress);
        await using var tar = new TarReader(unzipped);
        while (await tar.GetNextEntryAsync() is { } entry)
        {
            if (entry.Name != File) continue;
            using var reader = new StreamReader(entry.DataStream!, Encoding.UTF8);
            return await reader.ReadToEndAsync();
        }

        throw new InvalidOperationException($"{File} is not in the package");
    }
}
