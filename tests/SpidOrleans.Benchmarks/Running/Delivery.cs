using System.Diagnostics;
using System.Globalization;

namespace SpidOrleans.Benchmarks.Running;

/// <summary>Keeps the count of what the silos have accepted, and waits until the sink has all of it: the backlog of a turn
/// must not be delivered in the next one's.</summary>
internal sealed class Delivery(ChildServer sink)
{
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    private long _expected;

    /// <returns>How long it took.</returns>
    public async Task<TimeSpan> DrainAsync(long accepted)
    {
        _expected += accepted;
        using var http = new HttpClient { BaseAddress = sink.Address, Timeout = TimeSpan.FromSeconds(10) };
        var start = Stopwatch.GetTimestamp();
        long delivered;
        while ((delivered = long.Parse(await http.GetStringAsync(new Uri("/", UriKind.Relative)), CultureInfo.InvariantCulture)) < _expected)
        {
            if (Stopwatch.GetElapsedTime(start) > DrainTimeout)
                throw new TimeoutException($"{delivered:N0} of {_expected:N0} accepted events were delivered within {DrainTimeout.TotalMinutes} min.");
            await Task.Delay(LookEvery);
        }

        return Stopwatch.GetElapsedTime(start);
    }
}
