using System.Text.Json;
using SpidOrleans.TestKit.StandIn;

namespace SpidOrleans.TestKit.Checking;

/// <summary>
/// Who is one person with whom under Original ID Merge, by what arrived: the first <c>$identify</c> of an anonymous id decides, in the
/// order of arrival and for ever. Of one project's arrivals. Pure.
/// </summary>
public sealed class OriginalPersons
{
    /// <summary>Mixpanel's ceiling for one person, the identified id among them.</summary>
    public const int IdsMax = 500;

    private readonly Dictionary<string, string> _identifiedAs = [];
    private readonly List<string> _refusals = [];

    public OriginalPersons(IEnumerable<Arrival> arrivals)
    {
        foreach (var arrival in arrivals.OrderBy(arrival => arrival.Sequence))
        {
            if (arrival.Event == "$identify") Join(arrival);
        }
    }

    /// <summary>Mixpanel's <c>$failure_reason</c> of each <c>$identify</c> that joined nothing.</summary>
    public IReadOnlyList<string> Refusals => _refusals;

    public string PersonOf(Arrival arrival) => PersonOf(arrival.SentDistinctId!);

    private string PersonOf(string id) => _identifiedAs.GetValueOrDefault(id, id);

    private void Join(Arrival arrival)
    {
        var properties = JsonElement.Parse(arrival.Json).GetProperty("properties");
        var identified = properties.GetProperty("$identified_id").GetString()!;
        var anonymous = properties.GetProperty("$anon_id").GetString()!;
        if (identified == anonymous)
        {
            _refusals.Add("errSameIDs");
        }
        else if (!Guid.TryParseExact(anonymous, "D", out var uuid) || uuid.Version != 4)
        {
            _refusals.Add("errAnonDistinctIdNonGUIDForm");
        }
        else if (_identifiedAs.TryGetValue(anonymous, out var known))
        {
            if (known != identified) _refusals.Add("errAnonDistinctIdAssignedAlready");
        }
        else if (_identifiedAs.Values.Count(id => id == PersonOf(identified)) + 1 >= IdsMax)
        {
            _refusals.Add("errManyIDs");
        }
        else
        {
            _identifiedAs.Add(anonymous, PersonOf(identified));
        }
    }
}
