using SpidOrleans.TestKit.StandIn;

namespace SpidOrleans.TestKit.Checking;

/// <summary>If one event was acknowledged before another of the same visitor or user was sent, it arrived first.</summary>
/// <remarks>
/// A visitor's events are its user's from the acknowledged login on. So an event of a visitor is held against the user's
/// other events only where that login was acknowledged before the later of the two was sent: before, nobody has promised
/// that both are one person's. Within one visitor the order holds throughout.
/// </remarks>
internal static class OrderCheck
{
    /// <param name="EarlierFrom">From here on it must have arrived before whatever is sent.</param>
    private sealed record Candidate(LedgerEntry Entry, Arrival First, long EarlierFrom, bool CanBeLater);

    public static IEnumerable<string> Check(IReadOnlyList<LedgerEntry> entries, IReadOnlyList<Arrival> arrivals)
    {
        var first = new Dictionary<(string Token, string Marker), Arrival>();
        foreach (var arrival in arrivals.OrderBy(arrival => arrival.Sequence)) first.TryAdd((arrival.Token, arrival.Marker), arrival);

        var userOf = new Dictionary<(string Token, string Visitor), string>();
        foreach (var arrival in arrivals)
            if (arrival is { DeviceId: { } device, UserId: { } user }) userOf.TryAdd((arrival.Token, device), user);

        var linkedAt = new Dictionary<(string Token, string Visitor, string User), long>();
        foreach (var entry in entries)
            if (entry is { IsLogin: true, VisitorId: { } visitor, UserId: { } user, AcknowledgedAt: { } at })
                if (!linkedAt.TryGetValue((entry.Token, visitor, user), out var earlier) || at < earlier)
                    linkedAt[(entry.Token, visitor, user)] = at;

        var lanes = new Dictionary<(string Token, string Identity), List<Candidate>>();
        foreach (var entry in entries)
        {
            if (!first.TryGetValue((entry.Token, entry.Marker), out var arrival)) continue;
            var acknowledgedAt = entry.AcknowledgedAt ?? long.MaxValue;
            if (entry.VisitorId is { } visitor)
                Add((entry.Token, "v:" + visitor), new Candidate(entry, arrival, acknowledgedAt, CanBeLater: true));
            if (entry.UserId is { } addressed)
                Add((entry.Token, "u:" + addressed), new Candidate(entry, arrival, acknowledgedAt, CanBeLater: true));
            else if (entry.VisitorId is { } linked && userOf.TryGetValue((entry.Token, linked), out var user))
            {
                var joinedAt = linkedAt.GetValueOrDefault((entry.Token, linked, user), long.MaxValue);
                Add((entry.Token, "u:" + user), new Candidate(entry, arrival, Math.Max(acknowledgedAt, joinedAt), joinedAt < entry.SentAt));
            }
        }

        return lanes.SelectMany(lane => Overtakings(lane.Key.Identity, lane.Value)).Distinct();

        void Add((string, string) lane, Candidate candidate)
        {
            if (!lanes.TryGetValue(lane, out var candidates)) lanes[lane] = candidates = [];
            candidates.Add(candidate);
        }
    }

    /// <summary>Walks the later events as they were sent and keeps the last to arrive of all that had to come before.</summary>
    private static IEnumerable<string> Overtakings(string identity, List<Candidate> lane)
    {
        var earlier = lane.Where(candidate => candidate.EarlierFrom != long.MaxValue).OrderBy(candidate => candidate.EarlierFrom).ToList();
        var next = 0;
        Candidate? last = null;
        foreach (var later in lane.Where(candidate => candidate.CanBeLater).OrderBy(candidate => candidate.Entry.SentAt))
        {
            for (; next < earlier.Count && earlier[next].EarlierFrom < later.Entry.SentAt; next++)
                if (last is null || earlier[next].First.Sequence > last.First.Sequence) last = earlier[next];
            if (last is not null && last.First.Sequence > later.First.Sequence)
                yield return $"overtaken: {identity}: {last.Entry} arrived #{last.First.Sequence}, after {later.Entry} at #{later.First.Sequence}";
        }
    }
}
