using System.Collections.Immutable;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using SpidOrleans.Contracts.Users;

namespace SpidOrleans.Cluster.Visitors;

/// <summary>
/// Changes of a profile that an anonymous visitor has none of yet: Mixpanel would lose what is set on a device, so they wait for the
/// login, in order. A page says the same on every view, so what a later <c>$set</c> says again takes no more room. Pure.
/// </summary>
internal static class HeldUpdates
{
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <returns>Null: there is no room for them.</returns>
    public static ImmutableArray<HeldUpdate>? With(ImmutableArray<HeldUpdate> held, string project, ImmutableArray<ProfileUpdate> updates)
    {
        var all = held.IsDefault ? [] : held;
        foreach (var update in updates) all = With(all, new HeldUpdate { Project = project, Update = update });
        return all.Length <= ProfileLimits.HeldMax && all.Sum(one => one.Update.Argument.Length) <= ProfileLimits.HeldBytesMax ? all : null;
    }

    private static ImmutableArray<HeldUpdate> With(ImmutableArray<HeldUpdate> held, HeldUpdate next)
    {
        // What is deleted needs no past: nobody's profile at Mixpanel has seen it.
        if (next.Update.Operation == ProfileOperations.Delete) return held.RemoveAll(one => one.Project == next.Project);
        if (next.Update.Operation != ProfileOperations.Set) return held.Add(next);

        var names = JsonNode.Parse(next.Update.Argument.Span)!.AsObject();
        for (var i = held.Length - 1; i >= 0; i--)
        {
            if (held[i].Project != next.Project) continue;
            if (held[i].Update.Operation == ProfileOperations.Set) return held.SetItem(i, Merge(held[i], names, next.Update));
            // Anything else between the two may be about the same property: then both stay.
            if (Names(held[i].Update).Any(names.ContainsKey)) break;
        }

        return held.Add(next);
    }

    private static HeldUpdate Merge(HeldUpdate before, JsonObject names, ProfileUpdate next)
    {
        var merged = JsonNode.Parse(before.Update.Argument.Span)!.AsObject();
        foreach (var (name, value) in names) merged[name] = value?.DeepClone();
        return before with { Update = next with { Argument = Encoding.UTF8.GetBytes(merged.ToJsonString(Relaxed)) } };
    }

    private static IEnumerable<string> Names(ProfileUpdate update) => JsonNode.Parse(update.Argument.Span) switch
    {
        JsonObject members => members.Select(member => member.Key),
        JsonArray names => names.Select(name => name?.GetValueKind() == JsonValueKind.String ? name.GetValue<string>() : ""),
        _ => [],
    };
}
