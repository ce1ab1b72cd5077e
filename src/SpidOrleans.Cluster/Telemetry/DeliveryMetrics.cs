using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using SpidOrleans.Cluster.Emission;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts.Settings;
using SpidOrleans.Mixpanel.Delivery;

namespace SpidOrleans.Cluster.Telemetry;

/// <summary>What this silo's emitters send, counted once a request.</summary>
internal sealed class DeliveryMetrics
{
    public const string MeterName = "SpidOrleans.Delivery";

    private const string NoStatus = "none";

    /// <summary>Told of from the start, at 0: of what comes into being with its first failure nobody sees the first.</summary>
    private static readonly string[] Expected = [NoStatus, "401", "403", "429", "500", "502", "503", "504"];

    private static readonly InstrumentAdvice<double> Seconds =
        new() { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] };

    private static readonly InstrumentAdvice<long> Sizes = new() { HistogramBucketBoundaries = [1, 10, 50, 100, 250, 500, 1_000, 2_000] };

    private readonly ProjectCounter _delivered;
    // Bounded by the projects and by HTTP's statuses.
    private readonly ConcurrentDictionary<(string Project, string Status), long> _retries = new();
    private readonly Histogram<double> _duration;
    private readonly Histogram<long> _size;
    private int _emitters;

    public DeliveryMetrics(IMeterFactory meters, ClusterSettings settings)
    {
        var meter = meters.Create(MeterName);
        _delivered = new ProjectCounter(meter, "spid.events.delivered", "{event}", "Events that Mixpanel has confirmed and the outbox has let go", settings.Projects.Keys);
        foreach (var project in settings.Projects.Keys)
        {
            foreach (var status in Expected) _retries[(project, status)] = 0;
        }

        meter.CreateObservableCounter(
            "spid.delivery.retries",
            () => _retries.Select(entry => new Measurement<long>(entry.Value, [new(MeterTags.Project, entry.Key.Project), new(MeterTags.Status, entry.Key.Status)])),
            "{request}", "Requests that Mixpanel did not carry out and that are sent again, by its status");
        _duration = meter.CreateHistogram("spid.delivery.duration", "s", "Time to Mixpanel's answer, by what it meant", null, Seconds);
        _size = meter.CreateHistogram("spid.delivery.events", "{event}", "Events or changes of a request", null, Sizes);
        meter.CreateObservableGauge("spid.emitters", () => Volatile.Read(ref _emitters), "{emitter}", "Shards that this silo delivers");
    }

    public void Began() => Interlocked.Increment(ref _emitters);

    public void Ended() => Interlocked.Decrement(ref _emitters);

    public void Answered(Layer layer, string project, SendOutcome outcome, TimeSpan took)
    {
        _duration.Record(took.TotalSeconds, new(MeterTags.Project, project), new(MeterTags.Outcome, NameOf(outcome)));
        _size.Record(layer.Rows.Count, new KeyValuePair<string, object?>(MeterTags.Project, project));
        var status = outcome switch
        {
            SendOutcome.Retry retry => retry.StatusCode?.ToString(CultureInfo.InvariantCulture) ?? NoStatus,
            SendOutcome.Unauthorised unauthorised => unauthorised.StatusCode.ToString(CultureInfo.InvariantCulture),
            _ => null,
        };
        if (status is not null) _retries.AddOrUpdate((project, status), 1, static (_, before) => before + 1);
    }

    /// <summary>To be called when the rows are gone.</summary>
    public void Settled(Layer layer, string project, SendOutcome outcome)
    {
        if (layer.Kind != PayloadKind.Event) return;
        if (outcome is SendOutcome.Accepted) _delivered.Add(project, layer.Rows.Count);
        else if (outcome is SendOutcome.Refused refused) _delivered.Add(project, layer.Rows.Count - refused.Events.Length);
    }

    public static string NameOf(SendOutcome outcome) => outcome switch
    {
        SendOutcome.Accepted => "accepted",
        SendOutcome.Refused => "refused",
        SendOutcome.Retry { Throttled: true } => "throttled",
        SendOutcome.Retry { StatusCode: null } => "no_answer",
        SendOutcome.Retry => "failed",
        SendOutcome.Unclear => "unclear",
        SendOutcome.Unauthorised => "unauthorised",
        SendOutcome.TooLarge => "too_large",
        _ => throw new UnreachableException(),
    };
}
