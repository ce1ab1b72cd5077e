using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using SpidOrleans.Web.Admission;

namespace SpidOrleans.UnitTests.Web;

/// <summary>What one host has counted as refused since this listens.</summary>
internal sealed class CountedRefusals : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<(string?, string?), long> _counts = [];

    public CountedRefusals(IServiceProvider host)
    {
        var meters = host.GetRequiredService<IMeterFactory>();
        // Other hosts of this process have counters of the same name.
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "SpidOrleans.Web" && instrument.Name == Refusals.CounterName && ReferenceEquals(instrument.Meter.Scope, meters))
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, count, tags, _) =>
        {
            string? Tag(ReadOnlySpan<KeyValuePair<string, object?>> all, string name)
            {
                foreach (var tag in all) if (tag.Key == name) return (string?)tag.Value;
                return null;
            }

            _counts.AddOrUpdate((Tag(tags, "reason"), Tag(tags, "client")), count, (_, before) => before + count);
        });
        _listener.Start();
    }

    public long Of(string reason, string client) => _counts.GetValueOrDefault((reason, client));

    public void Dispose() => _listener.Dispose();
}
