using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Text;

namespace SpidOrleans.BrowserTests.Acceptance;

/// <summary>account-sdk-browser as published at npm; fetched once per version and run.</summary>
internal static class AccountSdk
{
    private const string File = "package/es5/global.min.js";

    private static readonly TimeSpan FetchTimeout = TimeSpan.FromSeconds(90);

    private static readonly ConcurrentDictionary<string, Lazy<Task<(string? Script, string? Reason)>>> Fetched = [];

    public static async Task<string> ReadAsync(string version) => (await FetchAsync(version)).Script ?? throw new InvalidOperationException(version);

    /// <summary>Skips the test where npm or the version cannot be had, and says why.</summary>
    public static async Task RequireAsync(string version) => Assert.SkipWhen((await FetchAsync(version)).Reason is not null, (await FetchAsync(version)).Reason ?? "");

    private static Task<(string? Script, string? Reason)> FetchAsync(string version) =>
        Fetched.GetOrAdd(version, _ => new(() => PackAsync(version))).Value;

    private static async Task<(string? Script, string? Reason)> PackAsync(string version)
    {
        var folder = Directory.CreateTempSubdirectory("account-sdk-");
        try
        {
            using var npm = Process.Start(new ProcessStartInfo("npm", ["pack", "--silent", "@schibsted/account-sdk-browser@" + version])
            {
                WorkingDirectory = folder.FullName,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            using var limit = new CancellationTokenSource(FetchTimeout);
            try
            {
                await npm.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                npm.Kill(entireProcessTree: true);
            }

            var package = folder.GetFiles("*.tgz").SingleOrDefault();
            return package is null ? (null, $"npm cannot reach account-sdk-browser {version}") : (await UnpackAsync(package.FullName), null);
        }
        catch (Win32Exception)
        {
            return (null, "npm is not installed");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<string> UnpackAsync(string path)
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
