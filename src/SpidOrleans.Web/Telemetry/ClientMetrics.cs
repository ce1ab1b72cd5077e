using System.Collections.Frozen;
using System.Diagnostics.Metrics;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Intake;
using SpidOrleans.Web.Configuration;

namespace SpidOrleans.Web.Telemetry;

/// <summary>What this host took of each client, counted once a request. Clients are those of the configuration.</summary>
public sealed class ClientMetrics
{
    public const string MeterName = "SpidOrleans.Web";

    private readonly FrozenDictionary<string, Count> _clients;
    private readonly Count _nobody = new("-", "-");

    public ClientMetrics(IMeterFactory meters, SpidSettings settings)
    {
        _clients = settings.Clients.ToFrozenDictionary(client => client.Key, client => new Count(client.Key, client.Value.Source.Project));
        meters.Create(MeterName).CreateObservableCounter(
            "spid.client.events", () => _clients.Values.Append(_nobody).Select(count => new Measurement<long>(Volatile.Read(ref count.Events), count.Tags)),
            "{event}", "Events that this host answered as accepted, resends included");
    }

    /// <param name="events">How many the request had.</param>
    public void Taken(EventSource source, int events, IntakeResult result)
    {
        if (result.Outcome != TrackOutcome.Stored) return;
        var count = source.ClientId is { } client && _clients.TryGetValue(client, out var known) ? known : _nobody;
        Interlocked.Add(ref count.Events, events - result.Discarded);
    }

    private sealed class Count(string client, string project)
    {
        public readonly KeyValuePair<string, object?>[] Tags = [new("client", client), new("project", project)];

        public long Events;
    }
}
