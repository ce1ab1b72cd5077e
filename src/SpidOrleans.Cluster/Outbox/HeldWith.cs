namespace SpidOrleans.Cluster.Outbox;

/// <summary>What becomes of held events when their visitor's lanes move to a user.</summary>
public enum HeldWith
{
    /// <summary>They stay held, as the user's; what follows is appended.</summary>
    None = 0,

    /// <summary>The user has consented: they move to the user's lanes, behind what waits there.</summary>
    Released = 1,

    /// <summary>Nobody has decided: they stay held, as the user's, and what follows is held too.</summary>
    Held = 2,
}
