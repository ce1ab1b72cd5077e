namespace SpidOrleans.TestKit.Checking;

/// <summary>One event as its sender saw it. Moments are ticks of the ledger's own counter: no two are equal.</summary>
public sealed record LedgerEntry
{
    /// <summary>The project it was sent to, as Mixpanel knows it.</summary>
    public required string Token { get; init; }

    /// <summary>Names the event: unique, and found again in the arrival.</summary>
    public required string Marker { get; init; }

    /// <summary>The visitor it was addressed to; for a login the one that was answered.</summary>
    public string? VisitorId { get; init; }

    /// <summary>The user it was addressed to; for a login the user who signed in.</summary>
    public string? UserId { get; init; }

    public required string Sender { get; init; }

    /// <summary>When it was first sent.</summary>
    public required long SentAt { get; init; }

    /// <summary>When it was first acknowledged; null: never.</summary>
    public long? AcknowledgedAt { get; init; }

    /// <summary>A login, whose acknowledgement is also that of the link.</summary>
    public bool IsLogin { get; init; }

    public override string ToString() =>
        $"{Marker} ({VisitorId ?? "-"}/{UserId ?? "-"}, by {Sender}, sent {SentAt}, acknowledged {AcknowledgedAt?.ToString() ?? "never"})";
}
