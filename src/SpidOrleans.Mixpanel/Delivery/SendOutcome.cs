using System.Collections.Immutable;

namespace SpidOrleans.Mixpanel.Delivery;

/// <summary>What became of a batch, and with it what to do next. Exactly the cases below.</summary>
public abstract record SendOutcome
{
    private SendOutcome()
    {
    }

    /// <summary>Mixpanel may have done what was sent, or a part of it, though the outcome does not say so. An event may be sent again
    /// all the same; a change that is another one when it is made twice may not.</summary>
    public bool MayBeCarriedOut { get; init; }

    /// <summary>Mixpanel has stored the whole batch.</summary>
    public sealed record Accepted : SendOutcome;

    /// <summary>Unknown, or not now. Send the same bytes again: what was stored already counts once.</summary>
    /// <param name="After">How long Mixpanel asked to wait, at most <see cref="RetryAfter.Max"/>; null when it did not say.</param>
    /// <param name="Reason">For the log: no payload, no credentials.</param>
    /// <param name="StatusCode">Null when there was no answer.</param>
    /// <param name="Throttled">True for 429: the project is over its rate.</param>
    public sealed record Retry(TimeSpan? After, string Reason, int? StatusCode, bool Throttled) : SendOutcome;

    /// <summary>Mixpanel will never take the events named here; the others of the batch are stored.</summary>
    /// <param name="Events">At least one, by ascending index, each index once.</param>
    public sealed record Refused(ImmutableArray<RefusedEvent> Events) : SendOutcome;

    /// <summary>
    /// Mixpanel refused something in this batch of two or more, but its answer does not say reliably what. Halve the batch
    /// and send the halves in order: a batch of one is never unclear, so halving finds the poison. What was stored already
    /// counts once.
    /// </summary>
    public sealed record Unclear(string Reason) : SendOutcome;

    /// <summary>The credentials are not good (401) or not for this (403). No repeat helps until they change.</summary>
    public sealed record Unauthorised(int StatusCode) : SendOutcome;

    /// <summary>The request was too large: halve the batch. A batch of one that is too large will never be taken.</summary>
    public sealed record TooLarge : SendOutcome;
}
