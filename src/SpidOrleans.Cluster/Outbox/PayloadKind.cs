namespace SpidOrleans.Cluster.Outbox;

/// <summary>Where a row goes at Mixpanel.</summary>
public enum PayloadKind
{
    /// <summary><c>/import</c></summary>
    Event = 0,

    /// <summary><c>/engage</c></summary>
    Profile = 1,

    /// <summary><c>/groups</c></summary>
    Group = 2,
}
