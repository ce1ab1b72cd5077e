using System.Collections.Frozen;
using System.Diagnostics;
using OpenTelemetry;

namespace SpidOrleans.Web.Telemetry;

/// <summary>Lets nothing of a person leave in a span. Paths name visitors and users, query strings carry their traits, Orleans' spans
/// name grains and quote exceptions: so what may stay is listed, and not what must go.</summary>
internal sealed class SpanPrivacy : BaseProcessor<Activity>
{
    private static readonly FrozenSet<string> Kept = new[]
    {
        "http.request.method", "http.response.status_code", "http.route", "url.scheme", "server.address", "server.port",
        "network.protocol.name", "network.protocol.version", "error.type", "exception.type",
        "rpc.system", "rpc.system.name", "rpc.service", "rpc.method", "orleans.rpc.service",
        "otel.status_code",
        "spid.project", "spid.shard", "spid.outcome", "spid.events", "spid.requests", "spid.operations",
    }.ToFrozenSet(StringComparer.Ordinal);

    public override void OnEnd(Activity data)
    {
        if (!data.Recorded) return;
        List<string>? dropped = null;
        foreach (ref readonly var tag in data.EnumerateTagObjects())
        {
            if (!Kept.Contains(tag.Key)) (dropped ??= []).Add(tag.Key);
        }

        foreach (var key in dropped ?? []) data.SetTag(key, null);
        // Whatever the caller sends along.
        data.TraceStateString = null;
        // What it says besides may be an exception's message.
        if (data.StatusDescription is not null) data.SetStatus(data.Status);
        if (HasAnyEvent(data) || (IsBackground(data) && data.ParentId is null)) data.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
    }

    /// <summary>The silo's own doings, which nobody asked for: seconds' worth of them would hide what somebody did.</summary>
    private static bool IsBackground(Activity data) => data.Kind != ActivityKind.Server && !data.Source.Name.StartsWith("SpidOrleans", StringComparison.Ordinal);

    /// <summary>Events cannot be taken from a span, and ours have none: an exception's has its message.</summary>
    private static bool HasAnyEvent(Activity data) => data.EnumerateEvents().MoveNext();
}
