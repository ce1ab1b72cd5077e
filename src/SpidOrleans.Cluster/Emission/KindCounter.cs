namespace SpidOrleans.Cluster.Emission;

/// <summary>Failures in a row, of events and of changes of profiles: Mixpanel takes them at two places, and what becomes of the one kind
/// says nothing of the other.</summary>
internal struct KindCounter
{
    private int _events;
    private int _profiles;

    public int this[bool ofProfiles]
    {
        readonly get => ofProfiles ? _profiles : _events;
        set => _ = ofProfiles ? _profiles = value : _events = value;
    }
}
