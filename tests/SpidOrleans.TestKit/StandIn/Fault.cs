namespace SpidOrleans.TestKit.StandIn;

/// <summary>How one request is treated.</summary>
public abstract record Fault
{
    public static readonly Fault None = new NoFault();

    private Fault()
    {
    }

    private sealed record NoFault : Fault;

    /// <summary>429, with <c>Retry-After</c> in whole seconds or without one.</summary>
    public sealed record Throttle(TimeSpan? RetryAfter = null) : Fault;

    /// <summary>An answer of the edge: HTML, nothing stored.</summary>
    public sealed record ServerError(int Status = 500) : Fault;

    public sealed record Unauthorised : Fault;

    public sealed record TooLarge : Fault;

    /// <summary>Cuts the connection instead of answering, before or after everything was stored.</summary>
    public sealed record Reset(bool Stored) : Fault;

    /// <summary>Stores everything and says nothing until the sender gives up, at most so long.</summary>
    public sealed record HoldAnswer(TimeSpan Longest) : Fault;

    /// <summary>Stores the first <paramref name="Events"/> only and answers 500.</summary>
    public sealed record StorePrefix(int Events) : Fault;
}
