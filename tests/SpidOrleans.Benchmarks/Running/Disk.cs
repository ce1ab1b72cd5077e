using System.Diagnostics;

namespace SpidOrleans.Benchmarks.Running;

/// <summary>The one figure about a disk that explains the others.</summary>
internal static class Disk
{
    private const int Samples = 200;

    public static string Describe(string folder) => $"one synced page takes {SyncTime(folder).TotalMilliseconds:N2} ms in {folder}";

    /// <returns>The median time of writing and syncing a 4 KB page, which every commit does at least once.</returns>
    private static TimeSpan SyncTime(string folder)
    {
        var file = Path.Combine(folder, $"spidorleans-sync-{Environment.ProcessId}");
        var page = new byte[4096];
        var times = new List<TimeSpan>();
        try
        {
            using var stream = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
            for (var i = 0; i < Samples; i++)
            {
                var start = Stopwatch.GetTimestamp();
                stream.Write(page);
                stream.Flush(flushToDisk: true);
                times.Add(Stopwatch.GetElapsedTime(start));
            }
        }
        finally
        {
            File.Delete(file);
        }

        times.Sort();
        return times[Samples / 2];
    }
}
