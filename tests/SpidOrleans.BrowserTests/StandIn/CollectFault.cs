namespace SpidOrleans.BrowserTests.StandIn;

/// <summary>What happens to one request to <c>/v1/collect</c>.</summary>
public sealed record CollectFault
{
    /// <summary>The status to refuse with; null: the connection is cut.</summary>
    public int? Status { get; init; }

    public string? RetryAfter { get; init; }

    /// <summary>The events are stored all the same: only the answer is lost.</summary>
    public bool StoresFirst { get; init; }

    /// <summary>No answer until <see cref="SessionStandIn.Release"/>, or until the browser gives up.</summary>
    public bool Hangs { get; init; }

    /// <summary>The body, when it is not an empty problem.</summary>
    public string Problem { get; init; } = "{}";

    public static CollectFault Refuse(int status, string? retryAfter = null) => new() { Status = status, RetryAfter = retryAfter };

    public static CollectFault LoseTheAnswer() => new() { StoresFirst = true };

    public static CollectFault Hang(bool storesFirst = false) => new() { Hangs = true, StoresFirst = storesFirst };
}
