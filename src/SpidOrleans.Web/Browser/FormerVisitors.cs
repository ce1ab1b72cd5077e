using System.Collections.Immutable;
using SpidOrleans.Contracts;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.Web.Admission;
using SpidOrleans.Web.Intake;
using SpidOrleans.Web.Reading;

namespace SpidOrleans.Web.Browser;

/// <summary>Decides whether events name visitors that this very browser was before: a queue in the page outlives logouts.</summary>
internal sealed class FormerVisitors(IGrainFactory grains)
{
    /// <summary>Other visitors that one request may name: each costs the reading of a grain.</summary>
    private const int VisitorsMax = 16;

    /// <summary>Two ids are one browser's when both lead to the same visitor today, and the browser's secret is that one's: an old copy
    /// of a cookie leads nowhere.</summary>
    /// <param name="shown">The browser's cookie.</param>
    /// <param name="others">Not the cookie's; of more than 16 the rest counts as strangers.</param>
    /// <returns>Those of the others that this browser was; null: the cookie is an old copy.</returns>
    /// <exception cref="ClusterUnavailableException">A grain did not answer.</exception>
    public async Task<HashSet<VisitorId>?> FindOwnAsync(BrowserCookie shown, IEnumerable<VisitorId> others)
    {
        var asked = others.Distinct().Take(VisitorsMax).ToList();
        if (await ClusterCall.OrUnavailableAsync(() => grains.GetVisitor(shown.VisitorId).FindCurrentAsync(shown.Digest)) is not { } today) return null;
        var current = await ClusterCall.OrUnavailableAsync(() => Task.WhenAll(asked.Select(visitor => grains.GetVisitor(visitor).GetCurrentAsync())));
        return [.. asked.Where((_, index) => current[index] == today)];
    }

    /// <summary>Decides of a whole request.</summary>
    /// <param name="shown">The browser's cookie.</param>
    /// <param name="events">All of them name a visitor, some not the cookie's.</param>
    /// <returns>The refusal that names the events of strangers; null if there are none.</returns>
    public async Task<Problem?> RefuseAsync(BrowserCookie shown, ImmutableArray<AddressedEvent> events)
    {
        var others = events.Select(addressed => addressed.VisitorId!.Value).Where(visitor => visitor != shown.VisitorId);
        if (await FindOwnAsync(shown, others) is not { } own) return TrackOutcome.Stranger.ToRefusal();
        own.Add(shown.VisitorId);

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
