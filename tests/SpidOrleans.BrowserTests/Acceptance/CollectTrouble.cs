namespace SpidOrleans.BrowserTests.Acceptance;

/// <summary>What the network does to a batch of events.</summary>
public abstract record CollectTrouble
{
    private CollectTrouble()
    {
    }

    /// <summary>It never reaches the host.</summary>
    public sealed record Refuse(int Status) : CollectTrouble;

    /// <summary>The host stores it; the answer is lost.</summary>
    public sealed record LoseAnswer : CollectTrouble;

    /// <summary>The host stores it; the answer is held until the browser gives up.</summary>
    public sealed record HoldAnswer : CollectTrouble;
}
