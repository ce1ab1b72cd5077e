using System.Collections.Immutable;
using SpidOrleans.Contracts;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.Web.Admission;
using SpidOrleans.Web.Reading;

namespace SpidOrleans.Web.Browser;

/// <summary>Decides whether events name visitors that this very browser was before: a queue in the page outlives logouts.</summary>
internal sealed class FormerVisitors(IGrainFactory grains)
{
    /// <summary>Other visitors that one request may name: each costs the reading of a grain.</summary>
    private const int VisitorsMax = 16;

    /// <summary>Two ids are one browser's when both lead to the same visitor today.</summary>
    /// <param name="others">Named once each; of more than 16 the rest counts as strangers.</param>
    /// <exception cref="ClusterUnavailableException">A grain did not answer.</exception>
    public async Task<HashSet<VisitorId>> FindOwnAsync(VisitorId cookie, IReadOnlyList<VisitorId> others)
    {
        var asked = others.Take(VisitorsMax).ToList();
        var current = await ClusterCall.OrUnavailableAsync(() => Task.WhenAll(asked.Prepend(cookie).Select(visitor => grains.GetVisitor(visitor).GetCurrentAsync())));
        return [.. asked.Where((_, index) => current[index + 1] == current[0])];
    }

    /// <summary>Decides of a whole request.</summary>
    /// <param name="cookie">The visitor that the browser has proved to be.</param>
    /// <param name="events">All of them name a visitor.</param>
    /// <returns>The refusal that names the events of strangers; null if there are none.</returns>
    public async Task<Problem?> RefuseAsync(VisitorId cookie, ImmutableArray<AddressedEvent> events)
    {
        var others = events.Select(addressed => addressed.VisitorId!.Value).Where(visitor => visitor != cookie).Distinct().ToList();
        if (others.Count == 0) return null;

        var own = await FindOwnAsync(cookie, others);
        own.Add(cookie);

        var errors = new Dictionary<string, string[]>();
        for (var index = 0; index < events.Length; index++)
        {
            if (!own.Contains(events[index].VisitorId!.Value))
                errors[$"events[{index}].visitorId"] = ["is not a visitor that this browser is or was"];
        }

        return errors.Count == 0 ? null : new Problem
        {
            Status = 403,
            Detail = "Nothing was stored: some events are another browser's.",
            Errors = errors,
        };
    }
}
