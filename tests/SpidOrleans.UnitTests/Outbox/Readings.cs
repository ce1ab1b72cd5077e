using System.Diagnostics.Metrics;

namespace SpidOrleans.UnitTests.Outbox;

/// <summary>What one factory's observable instruments say when they are asked.</summary>
internal sealed class Readings : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Dictionary<(string Instrument, string Project), double> _values = [];

    public Readings(IMeterFactory factory)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, factory)) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _listener.Start();
    }

    /// <returns>Null: it says nothing of this project.</returns>
    public double? Of(string instrument, string project)
    {
        _values.Clear();
        _listener.RecordObservableInstruments();
        return _values.TryGetValue((instrument, project), out var value) ? value : null;
    }

    public void Dispose() => _listener.Dispose();

    private void Keep(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        // Others are told of by the way, at any time and from any thread.
        if (instrument.IsObservable && tags is [{ Key: "project", Value: string project }]) _values[(instrument.Name, project)] = value;
    }
}
