using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Mixpanel.Delivery;

namespace SpidOrleans.Cluster.Emission;

/// <summary>Makes a request of rows: what is stored together goes out as it is, if all of it does. Pure.</summary>
internal static class Batches
{
    public static ImportBatch Of(IReadOnlyList<OutboxRow> rows)
    {
        var batch = new ImportBatch();
        for (var at = 0; at < rows.Count; at++)
        {
            if (rows[at] is { Index: 0, Pack: { } pack } && IsWhole(rows, at, pack))
            {
                batch.Add(pack.Events);
                at += pack.Events.Count - 1;
            }
            else
            {
                batch.Add(rows[at].Payload);
            }
        }

        return batch;
    }

    private static bool IsWhole(IReadOnlyList<OutboxRow> rows, int at, OutboxPack pack)
    {
        // Rows come in order and once each.
        var last = pack.Events.Count - 1;
        return at + last < rows.Count && rows[at + last].Pack == pack && rows[at + last].Index == last;
    }
}
