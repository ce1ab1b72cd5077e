using System.Globalization;

namespace SpidOrleans.TestKit.Hosting;

/// <summary>What Linux says of a process' memory.</summary>
internal static class ProcessMemory
{
    private const string Resident = "VmRSS:";

    public static long ResidentBytes(int processId)
    {
        var line = File.ReadLines($"/proc/{processId}/status").First(line => line.StartsWith(Resident, StringComparison.Ordinal));
        var kilobytes = line.AsSpan(Resident.Length).Trim();
        return long.Parse(kilobytes[..kilobytes.IndexOf(' ')], CultureInfo.InvariantCulture) * 1024;
    }
}
