using System.Globalization;

namespace SpidOrleans.TestKit.Hosting;

/// <summary>What Linux says of a process' TCP connections.</summary>
internal static class ProcessSockets
{
    private const int RemoteAddress = 2;
    private const int State = 3;
    private const int Inode = 9;
    private const string Established = "01";

    public static bool AreConnectedTo(int processId, int port)
    {
        var own = new DirectoryInfo($"/proc/{processId}/fd").EnumerateFiles().Select(file => file.LinkTarget).ToHashSet();
        var suffix = ":" + port.ToString("X4", CultureInfo.InvariantCulture);
        // .NET's sockets are IPv6 ones also where they speak IPv4.
        return new[] { "tcp", "tcp6" }
            .SelectMany(table => File.ReadLines($"/proc/{processId}/net/{table}").Skip(1))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Any(fields => fields[State] == Established && fields[RemoteAddress].EndsWith(suffix, StringComparison.Ordinal)
                && own.Contains($"socket:[{fields[Inode]}]"));
    }
}
