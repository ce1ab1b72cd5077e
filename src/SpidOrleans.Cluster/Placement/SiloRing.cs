using SpidOrleans.Contracts.Visitors;

namespace SpidOrleans.Cluster.Placement;

/// <summary>Which silo a key belongs to, as far as this silo knows. Two silos may differ for a moment when one comes or goes.</summary>
internal sealed class SiloRing : ISiloStatusListener
{
    private readonly ISiloStatusOracle _silos;
    private volatile KeyPlacement.Candidate[] _active = [];

    public SiloRing(ISiloStatusOracle silos)
    {
        _silos = silos;
        silos.SubscribeToSiloStatusEvents(this);
        Refresh();
    }

    /// <summary>True when the visitor belongs to this silo, which <paramref name="owner"/> then is.</summary>
    public bool IsOwn(VisitorId visitor, out SiloAddress owner)
    {
        Span<char> key = stackalloc char[VisitorId.KeyLength];
        visitor.FormatKey(key);
        return IsOwn(key, out owner);
    }

    /// <summary>True when the key belongs to this silo, which <paramref name="owner"/> then is.</summary>
    public bool IsOwn(ReadOnlySpan<char> key, out SiloAddress owner)
    {
        var active = _active;
        // While this silo starts or stops alone nobody is in service: then it is its own.
        owner = active.Length switch
        {
            0 => _silos.SiloAddress,
            1 => active[0].Silo,
            _ => KeyPlacement.OwnerOf(key, active),
        };
        return owner.Equals(_silos.SiloAddress);
    }

    public void SiloStatusChangeNotification(SiloAddress updatedSilo, SiloStatus status) => Refresh();

    private void Refresh() => _active = [.. _silos.GetApproximateSiloStatuses(onlyActive: true).Keys.Select(KeyPlacement.Candidate.Of)];
}
