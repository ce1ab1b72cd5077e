using System.Globalization;
using System.Runtime.InteropServices;

namespace SpidOrleans.Benchmarks.Running;

/// <summary>Where figures come from: they say nothing without.</summary>
internal static class Machine
{
    /// <summary>Of the clock that /proc counts in, the same on every machine.</summary>
    private const double TicksPerSecond = 100;

    private const int Idle = 3;
    private const int Waiting = 4;

    public static string Description => $"{Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}";

    /// <summary>Processor time of everything that runs, since the start; Linux alone.</summary>
    public static TimeSpan ProcessorTime
    {
        get
        {
            var ticks = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..9]
                .Select(number => long.Parse(number, CultureInfo.InvariantCulture)).ToList();
            return TimeSpan.FromSeconds((ticks.Sum() - ticks[Idle] - ticks[Waiting]) / TicksPerSecond);
        }
    }
}
