using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Mixpanel.Delivery;

namespace SpidOrleans.Cluster.Emission;

/// <summary>A layer, ready to be sent.</summary>
/// <param name="Events">Null: changes of profiles or groups.</param>
/// <param name="Bytes">What it comes to, uncompressed.</param>
internal readonly record struct EmissionRequest(Layer Layer, ImportBatch? Events, long Bytes)
{
    public static EmissionRequest Of(Layer layer)
    {
        if (layer.Kind != PayloadKind.Event) return new EmissionRequest(layer, null, layer.Rows.Sum(row => (long)row.Payload.Length));
        var batch = Batches.Of(layer.Rows);
        return new EmissionRequest(layer, batch, batch.Bytes);
    }

    public Task<SendOutcome> SendAsync(MixpanelClient mixpanel, MixpanelProject project, CancellationToken cancellationToken) => Layer.Kind switch
    {
        PayloadKind.Profile => mixpanel.EngageAsync(project, [.. Layer.Rows.Select(row => row.Payload)], cancellationToken),
        PayloadKind.Group => mixpanel.ChangeGroupsAsync(project, [.. Layer.Rows.Select(row => row.Payload)], cancellationToken),
        _ => mixpanel.ImportAsync(project, Events!, cancellationToken),
    };
}
