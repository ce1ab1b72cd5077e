using System.Diagnostics;
using System.Globalization;
using SpidOrleans.Benchmarks.Load;

namespace SpidOrleans.Benchmarks.Running;

/// <summary>Keeps the count of what the silos have accepted, and waits until the sink has all of it: the backlog of a turn
/// must not be delivered in the next one's.</summary>
internal sealed class Delivery(ChildServer sink, int eventsPerRequest)
{
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromMinutes(3);

    private long _expected;

    public async Task DrainAsync(LoadResult load)
    {
        _expected += (load.Requests - load.NotAccepted) * (long)eventsPerRequest;
        using var http = new HttpClient { BaseAddress = sink.Address, Timeout = TimeSpan.FromSeconds(10) };
        var start = Stopwatch.GetTimestamp();
        long delivered;
        while ((delivered = long.Parse(await http.GetStringAsync(new Uri("/", UriKind.Relative)), CultureInfo.InvariantCulture)) < _expected)
        {
            if (Stopwatch.GetElapsedTime(start) > DrainTimeout)
                throw new TimeoutException($"{delivered:N0} of {_expected:N0} accepted events were delivered within {DrainTimeout.TotalMinutes} min.");
            await Task.Delay(TimeSpan.FromMilliseconds(100));
        }

        Console.WriteLine($"       all {_expected:N0} accepted events delivered {Stopwatch.GetElapsedTime(start).TotalSeconds:N1} s after the turn");
    }
}
