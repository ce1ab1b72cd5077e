using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace SpidOrleans.Benchmarks.Load;

/// <summary>Waits until something arrives, or for some microseconds: .NET's own waits count in milliseconds, and at 1,000 requests/s
/// one of these is all there is between two requests. Linux' own call.</summary>
internal sealed class ReadableSockets(IEnumerable<Socket> sockets)
{
    private const short Input = 1;
    private const int Interrupted = 4;

    private readonly Entry[] _entries = [.. sockets.Select(socket => new Entry { File = (int)socket.Handle, Awaited = Input })];

    /// <returns>The numbers of the sockets that are readable, to be used before the next call; none when the time is up.</returns>
    public IEnumerable<int> Wait(TimeSpan timeout)
    {
        var limit = new Time { Nanoseconds = Math.Max(timeout.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick, 0), Seconds = Math.Max((long)timeout.TotalSeconds, 0) };
        if (Poll(_entries, (nuint)_entries.Length, ref limit, 0) >= 0) return Readable();
        return Marshal.GetLastPInvokeError() == Interrupted ? [] : throw new Win32Exception();
    }

    private IEnumerable<int> Readable()
    {
        for (var number = 0; number < _entries.Length; number++)
        {
            if (_entries[number].Arrived != 0) yield return number;
        }
    }

    [DllImport("libc", EntryPoint = "ppoll", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Poll([In, Out] Entry[] entries, nuint count, ref Time timeout, nint signals);

    [StructLayout(LayoutKind.Sequential)]
    private struct Entry
    {
        public int File;
        public short Awaited;
        public short Arrived;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Time
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
