using System.Globalization;

namespace SpidOrleans.TestKit.Hosting;

/// <summary>What Linux says of a process and of those that it started.</summary>
internal static class ProcessTree
{
    /// <summary>Of the clock that /proc counts in, the same on every machine.</summary>
    private const double TicksPerSecond = 100;

    private const int State = 0;
    private const int UserTicks = 11;
    private const int SystemTicks = 12;
    private const int ReapedUserTicks = 13;
    private const int ReapedSystemTicks = 14;

    /// <summary>Empty when the process is gone.</summary>
    public static IReadOnlyList<int> Children(int processId)
    {
        try
        {
            return [.. File.ReadAllText($"/proc/{processId}/task/{processId}/children")
                .Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(int.Parse)];
        }
        catch (IOException)
        {
            return [];
        }
    }

    /// <summary>A process that only waits to be reaped has ended.</summary>
    public static bool IsRunning(int processId) => Stat(processId) is { } stat && stat[State] is not ("Z" or "X");

    /// <summary>Processor time of the process, of those that it started, and of those among them that have ended.</summary>
    public static TimeSpan ProcessorTime(int processId) =>
        Children(processId).Prepend(processId).Aggregate(TimeSpan.Zero, (sum, process) => sum + OwnAndReaped(process));

    private static TimeSpan OwnAndReaped(int processId) => Stat(processId) is { } stat
        ? TimeSpan.FromSeconds((Ticks(stat, UserTicks) + Ticks(stat, SystemTicks) + Ticks(stat, ReapedUserTicks) + Ticks(stat, ReapedSystemTicks)) / TicksPerSecond)
        : TimeSpan.Zero;

    private static long Ticks(string[] stat, int field) => long.Parse(stat[field], CultureInfo.InvariantCulture);

    /// <summary>The fields behind the name, which may hold anything, in brackets.</summary>
    private static string[]? Stat(int processId)
    {
        try
        {
            var line = File.ReadAllText($"/proc/{processId}/stat");
            return line[(line.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return null;
        }
    }
}
