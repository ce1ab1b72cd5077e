namespace SpidOrleans.Mixpanel.Delivery;

/// <summary>What Mixpanel's deletion API said.</summary>
public abstract record DeletionOutcome
{
    private DeletionOutcome()
    {
    }

    /// <summary>It will delete, and calls it so.</summary>
    public sealed record Asked(string Task) : DeletionOutcome;

    /// <summary>It has not finished.</summary>
    public sealed record Running(string Status) : DeletionOutcome;

    /// <summary>All is deleted.</summary>
    public sealed record Done : DeletionOutcome;

    /// <summary>It will not: failed, revoked, or unknown there. To be asked anew.</summary>
    public sealed record Failed(string Status) : DeletionOutcome;

    /// <summary>401 or 403: the token is not good.</summary>
    public sealed record Unauthorised(int Status) : DeletionOutcome;

    /// <summary>No answer that helps; to be tried again.</summary>
    /// <param name="After">What Mixpanel asks for; null: nothing.</param>
    public sealed record Retry(TimeSpan? After, string Reason) : DeletionOutcome;
}
