using System.Runtime.CompilerServices;
using SpidOrleans.Cluster.Outbox;

namespace SpidOrleans.Cluster.Emission;

/// <summary>Failures in a row, by kind: Mixpanel takes them at three places, and what becomes of the one kind says nothing of the
/// others.</summary>
internal struct KindCounter
{
    private Counts _counts;

    public int this[PayloadKind kind]
    {
        readonly get => _counts[(int)kind];
        set => _counts[(int)kind] = value;
    }

    [InlineArray(Layers.Kinds)]
    private struct Counts
    {
        private int _first;
    }
}
