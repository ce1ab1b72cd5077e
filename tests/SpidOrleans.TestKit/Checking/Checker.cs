using SpidOrleans.TestKit.StandIn;

namespace SpidOrleans.TestKit.Checking;

/// <summary>Holds what senders were promised against what arrived. Pure: it knows ledger and arrivals, nothing else.</summary>
public static class Checker
{
    /// <param name="refused">Markers of events that Mixpanel refused for good: these need not have arrived.</param>
    /// <returns>One readable line per broken promise.</returns>
    public static IReadOnlyList<string> Check(
        IReadOnlyList<LedgerEntry> entries, IReadOnlyList<Arrival> arrivals, IReadOnlySet<string>? refused = null) =>
    [
        .. Arrived(entries, arrivals, refused ?? new HashSet<string>()),
        .. Known(entries, arrivals),
        .. CountsOnce(arrivals),
        .. Addressed(entries, arrivals),
        .. OneUserPerDevice(arrivals),
        .. OrderCheck.Check(entries, arrivals),
    ];

    private static IEnumerable<string> Arrived(
        IReadOnlyList<LedgerEntry> entries, IReadOnlyList<Arrival> arrivals, IReadOnlySet<string> refused)
    {
        var arrived = arrivals.Select(arrival => (arrival.Token, arrival.Marker)).ToHashSet();
        return entries
            .Where(entry => entry.AcknowledgedAt is not null && !refused.Contains(entry.Marker) && !arrived.Contains((entry.Token, entry.Marker)))
            .Select(entry => $"lost: {entry} never arrived");
    }

    /// <summary>Events without a marker of their own are the product's (<c>Logout</c>, say) and go by their names.</summary>
    private static IEnumerable<string> Known(IReadOnlyList<LedgerEntry> entries, IReadOnlyList<Arrival> arrivals)
    {
        var sent = entries.Select(entry => (entry.Token, entry.Marker)).ToHashSet();
        return arrivals
            .Where(arrival => arrival.Marker != arrival.Event && !sent.Contains((arrival.Token, arrival.Marker)))
            .Select(arrival => $"unknown: {Describe(arrival)} was never sent to this project");
    }

    /// <summary>Mixpanel counts distinct (event, distinct id, time, insert id): one event must have one such tuple, and no
    /// two events may share one.</summary>
    private static IEnumerable<string> CountsOnce(IReadOnlyList<Arrival> arrivals)
    {
        var byMarker = new Dictionary<(string Token, string Marker), Arrival>();
        var byTuple = new Dictionary<(string Token, string Event, string? Person, string? Time, string? InsertId), Arrival>();
        foreach (var arrival in arrivals)
        {
            var isOwn = arrival.Marker != arrival.Event;
            if (isOwn && !byMarker.TryAdd((arrival.Token, arrival.Marker), arrival) &&
                TupleOf(byMarker[(arrival.Token, arrival.Marker)]) != TupleOf(arrival))
            {
                yield return $"counts twice: {Describe(byMarker[(arrival.Token, arrival.Marker)])} came again as {Describe(arrival)}";
            }

            if (!byTuple.TryAdd(TupleOf(arrival), arrival) && byTuple[TupleOf(arrival)].Marker != arrival.Marker)
                yield return $"counts as one: {Describe(byTuple[TupleOf(arrival)])} and {Describe(arrival)}";
        }
    }

    private static (string Token, string Event, string? Person, string? Time, string? InsertId) TupleOf(Arrival arrival) =>
        (arrival.Token, arrival.Event, arrival.DistinctId, arrival.Time, arrival.InsertId);

    private static IEnumerable<string> Addressed(IReadOnlyList<LedgerEntry> entries, IReadOnlyList<Arrival> arrivals)
    {
        var sent = entries.ToDictionary(entry => (entry.Token, entry.Marker));
        var arrived = arrivals.Select(arrival => (arrival.Token, arrival.Marker, arrival.DeviceId)).ToHashSet();
        foreach (var arrival in arrivals)
        {
            if (!sent.TryGetValue((arrival.Token, arrival.Marker), out var entry)) continue;
            // A login that was never acknowledged may have gone to a visitor that its sender has not heard of.
            // One that was sent again after somebody else had signed in on that browser may have been carried out on two
            // visitors: to Mixpanel it is one event of its user, and the visitor that was answered must be among them.
            var isVisitorOpen = entry.IsLogin
                && (entry.AcknowledgedAt is null || arrived.Contains((arrival.Token, arrival.Marker, entry.VisitorId)));
            if (!isVisitorOpen && arrival.DeviceId != entry.VisitorId)
                yield return $"wrong visitor: {entry} arrived as {Describe(arrival)}";
            if (entry.UserId is not null && arrival.UserId != entry.UserId)
                yield return $"wrong user: {entry} arrived as {Describe(arrival)}";
        }
    }

    private static IEnumerable<string> OneUserPerDevice(IReadOnlyList<Arrival> arrivals) => arrivals
        .Where(arrival => arrival is { DeviceId: not null, UserId: not null })
        .GroupBy(arrival => (arrival.Token, arrival.DeviceId), arrival => arrival.UserId)
        .Select(device => (device.Key.DeviceId, Users: device.Distinct().ToList()))
        .Where(device => device.Users.Count > 1)
        .Select(device => $"shared device: {device.DeviceId} carries events of {string.Join(" and ", device.Users)}");

    internal static string Describe(Arrival arrival) =>
        $"{arrival.Marker} [#{arrival.Sequence} in request {arrival.Request}: {arrival.Event}, {arrival.DeviceId ?? "-"}/{arrival.UserId ?? "-"}, {arrival.Time}, {arrival.InsertId}]";
}
