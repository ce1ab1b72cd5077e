using System.Diagnostics;
using SpidOrleans.Cluster.Emission;
using SpidOrleans.Mixpanel.Delivery;

namespace SpidOrleans.Cluster.Telemetry;

/// <summary>
/// Carries the traces of sampled requests on to Mixpanel's answer. Nothing of them is stored: the silo that commits tells the shard's
/// emitter, wherever that is, which keeps them until the position is delivered. So a request that is not sampled costs nothing, and
/// rows stay what they are; what an emitter knew is lost when it ends first, and those traces end with the commit. Not for two threads.
/// </summary>
internal sealed class DeliverySpans(string project)
{
    /// <summary>Requests that one emitter keeps: the oldest go first, which only a backlog makes it do.</summary>
    public const int RequestsMax = 256;

    private const string Name = "mixpanel send";

    private readonly Queue<(long Position, ActivityContext Request)> _waiting = new();
    private (long Position, DateTimeOffset StartedAt, DateTimeOffset EndedAt, string Outcome)? _last;

    public int Waiting => _waiting.Count;

    /// <summary>Requests whose events may have been delivered already: the emitter is woken by somebody else.</summary>
    public void Add(long position, IEnumerable<string> requests)
    {
        foreach (var id in requests)
        {
            if (!ActivityContext.TryParse(id, null, isRemote: true, out var request)) continue;
            if (_last is { } last && position <= last.Position)
            {
                Write(request, last.StartedAt, last.EndedAt, last.Outcome, null);
                continue;
            }

            if (_waiting.Count == RequestsMax) _waiting.Dequeue();
            _waiting.Enqueue((position, request));
        }
    }

    /// <summary>The span of a request to Mixpanel: in the trace of the first request that it serves, and linked with all others.</summary>
    /// <returns>Null: none of them is sampled.</returns>
    public Activity? Begin(long position, DateTimeOffset now)
    {
        if (_waiting.Count == 0 || !Spans.Source.HasListeners()) return null;
        var served = _waiting.Where(waiting => waiting.Position <= position).Select(waiting => waiting.Request).ToList();
        return served.Count == 0 ? null
            : Spans.Source.StartActivity(Name, ActivityKind.Internal, served[0], links: served.Skip(1).Select(request => new ActivityLink(request)), startTime: now);
    }

    /// <summary>Ends it. Each other request gets a span of its own, linked with this one.</summary>
    public void End(Activity? span, Layer layer, SendOutcome outcome, DateTimeOffset startedAt, TimeSpan took)
    {
        var now = startedAt + took;
        var position = layer.Rows[^1].Position;
        var isDone = outcome is SendOutcome.Accepted or SendOutcome.Refused;
        var name = DeliveryMetrics.NameOf(outcome);
        if (isDone) _last = (position, startedAt, now, name);
        if (span is not null)
        {
            Describe(span, name).SetTag("spid.events", layer.Rows.Count).SetTag("spid.requests", span.Links.Count() + 1);
            foreach (var link in span.Links) Write(link.Context, startedAt, now, name, span);
            span.SetEndTime(now.UtcDateTime);
            span.Dispose();
        }

        while (isDone && _waiting.TryPeek(out var waiting) && waiting.Position <= position) _waiting.Dequeue();
    }

    private void Write(ActivityContext request, DateTimeOffset startedAt, DateTimeOffset endedAt, string outcome, Activity? batch)
    {
        ActivityLink[] links = batch is null ? [] : [new(batch.Context)];
        using var span = Spans.Source.StartActivity(Name, ActivityKind.Internal, request, links: links, startTime: startedAt);
        if (span is not null) Describe(span, outcome).SetEndTime(endedAt.UtcDateTime);
    }

    private Activity Describe(Activity span, string outcome)
    {
        if (outcome is not "accepted") span.SetStatus(ActivityStatusCode.Error);
        return span.SetTag("spid.project", project).SetTag("spid.outcome", outcome);
    }
}
