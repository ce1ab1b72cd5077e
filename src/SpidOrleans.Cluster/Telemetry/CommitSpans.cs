using System.Diagnostics;
using SpidOrleans.Cluster.Outbox;

namespace SpidOrleans.Cluster.Telemetry;

/// <summary>What a group's commit adds to the traces of the requests that waited for it.</summary>
internal static class CommitSpans
{
    /// <summary>Requests of one group; whoever samples more than that sees the others end here.</summary>
    public const int RequestsMax = 64;

    /// <summary>Writes a span into each sampled request's trace.</summary>
    /// <param name="now">When the group was committed.</param>
    /// <returns>By shard, what its emitter shall know of them; null, as nearly always: nobody is sampled.</returns>
    public static Dictionary<Shard, RequestTraces>? Write(IReadOnlyList<OutboxOperation> group, TimeSpan took, DateTimeOffset now)
    {
        if (!Spans.Source.HasListeners()) return null;
        Dictionary<Shard, RequestTraces>? traces = null;
        var written = 0;
        foreach (var operation in group)
        {
            if (operation.Request is not { } request) continue;
            if (++written > RequestsMax) break;
            using var span = Spans.Source.StartActivity("outbox commit", ActivityKind.Internal, request.Context, startTime: now - took);
            span?.SetTag("spid.operations", group.Count).SetEndTime(now.UtcDateTime);
            // The engine cannot always tell; and what a login moves is not followed any further.
            if (operation is not AppendOperation { Result: true, LastPosition: { } position } append || (span ?? request).Id is not { } id) continue;
            traces ??= [];
            var shard = append.Lane.Shard;
            traces[shard] = traces.TryGetValue(shard, out var known)
                ? new RequestTraces(Math.Max(known.Position, position), known.Requests.Add(id))
                : new RequestTraces(position, [id]);
        }

        return traces;
    }
}
