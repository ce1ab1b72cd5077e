using System.Collections.Concurrent;
using System.Text.Json;
using SpidOrleans.Contracts.Operations;

namespace SpidOrleans.Cluster.Operations;

/// <summary>The live views that look at this silo: each has a bounded queue here, and is gone when nobody has asked for it for some
/// seconds. While nobody looks an event costs the reading of one field.</summary>
internal sealed class LiveViews(TimeProvider clock)
{
    private const int ViewsMax = 16;

    /// <summary>Of one view.</summary>
    private const int QueueMax = 500;

    private readonly ConcurrentDictionary<Guid, View> _views = new();

    public bool IsAnybodyLooking => !_views.IsEmpty;

    public LivePage Look(Guid viewer, LiveFilter filter)
    {
        Leave();
        if (!_views.TryGetValue(viewer, out var view))
        {
            if (_views.Count >= ViewsMax) return new LivePage { IsFull = true };
            view = _views.GetOrAdd(viewer, _ => new View { AskedAt = clock.GetTimestamp() });
        }

        lock (view)
        {
            (view.Filter, view.AskedAt) = (filter, clock.GetTimestamp());
            var events = new List<LiveEvent>();
            while (events.Count < OperationsLimits.LiveEventsMax && view.Queue.TryDequeue(out var next)) events.Add(next);
            var page = new LivePage { Events = [.. events], Dropped = view.Dropped };
            view.Dropped = 0;
            return page;
        }
    }

    public void Show(JournalStep step, long atMs, string project, ReadOnlySpan<byte> payload)
    {
        LiveEvent? live = null;
        foreach (var (_, view) in _views)
        {
            // What does not concern a view's project is not looked into.
            if (view.Filter.Project is { } own && own != project) continue;
            live ??= Read(step, atMs, project, payload);
            if (!Matches(live, view.Filter)) continue;
            lock (view)
            {
                if (view.Queue.Count < QueueMax) view.Queue.Enqueue(live);
                else view.Dropped++;
            }
        }
    }

    /// <summary>To be called every few seconds, too: a view that is never asked for again must not stay.</summary>
    public void Leave()
    {
        foreach (var (viewer, view) in _views)
        {
            if (clock.GetElapsedTime(view.AskedAt) > OperationsLimits.ViewKept) _views.TryRemove(viewer, out _);
        }
    }

    internal static bool Matches(LiveEvent live, LiveFilter filter) =>
        (filter.Project is null || filter.Project == live.Project)
        && (filter.Client is null || filter.Client == live.Client)
        && (filter.Event is null || live.Event?.StartsWith(filter.Event, StringComparison.Ordinal) == true)
        && (filter.Identity is null || filter.Identity == live.User || filter.Identity == live.Visitor);

    private static LiveEvent Read(JournalStep step, long atMs, string project, ReadOnlySpan<byte> payload)
    {
        var head = EventHead.Read(payload);
        return new LiveEvent
        {
            Step = step,
            AtMs = atMs,
            Project = project,
            Event = Text(head.Name) ?? "(change of a profile)",
            InsertId = Text(head.InsertId),
            Visitor = Text(head.Device),
            User = Text(head.User),
            Client = Text(head.Client),
        };
    }

    private static string? Text(ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty) return null;
        byte[] quoted = [(byte)'"', .. json, (byte)'"'];
        return JsonElement.Parse(quoted).GetString();
    }

    private sealed class View
    {
        public Queue<LiveEvent> Queue { get; } = new();

        public LiveFilter Filter { get; set; } = new();

        public long AskedAt { get; set; }

        public long Dropped { get; set; }
    }
}
