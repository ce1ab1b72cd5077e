using SpidOrleans.Cluster.Outbox;

namespace SpidOrleans.Cluster.Emission;

/// <summary>
/// Takes a batch of events and profile changes apart into as few requests as keep each person's order: whatever follows a row of
/// the same person lies in its layer or a later one. Layers are events and changes in turn, profiles' and then groups', so a hundred logins among two thousand
/// events are an <c>/import</c>, an <c>/engage</c> and an <c>/import</c> of what those persons did next, not two hundred requests. Pure.
/// </summary>
internal static class Layers
{
    public const int Kinds = 3;

    public static IReadOnlyList<Layer> Of(IReadOnlyList<OutboxRow> rows)
    {
        // Nearly always events alone, which nobody has to look into.
        if (rows.All(row => row.Kind == PayloadKind.Event)) return [new Layer(PayloadKind.Event, rows)];

        var layers = new List<List<OutboxRow>>();
        // By every id that a person goes by here.
        var reached = new Dictionary<string, int>(StringComparer.Ordinal);
        var floor = 0;
        foreach (var row in rows)
        {
            var kind = (int)row.Kind;
            var ids = PayloadIds.Read(row.Payload.Span);
            var layer = floor;
            foreach (var id in ids) layer = Math.Max(layer, reached.GetValueOrDefault(id));
            // Anybody's: it waits for all before it, and all after it wait for it. Only what a visitor did before its login and
            // sent after it is like that.
            if (ids.Count == 0) layer = Math.Max(layer, layers.Count - 1);
            while (layer % Kinds != kind) layer++;
            if (ids.Count == 0) floor = layer;
            foreach (var id in ids) reached[id] = layer;
            while (layers.Count <= layer) layers.Add([]);
            layers[layer].Add(row);
        }

        return [.. layers.Index().Where(layer => layer.Item.Count > 0).Select(layer => new Layer((PayloadKind)(layer.Index % Kinds), layer.Item))];
    }
}
