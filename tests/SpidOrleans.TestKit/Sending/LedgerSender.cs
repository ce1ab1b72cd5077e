using SpidOrleans.TestKit.Checking;

namespace SpidOrleans.TestKit.Sending;

/// <summary>One sender that books everything it sends: each event has a marker, a time and an insert id of its own.</summary>
public sealed class LedgerSender(string name, BackEnd backEnd, Ledger ledger, TimeProvider time)
{
    public const string EventName = "Article read";

    private int _order;

    /// <summary>Tracks one event for each address in one request; done when it is acknowledged.</summary>
    /// <returns>The events, for sending them once more.</returns>
    public async Task<IReadOnlyList<BackEndEvent>> TrackAsync(params IReadOnlyList<Addressee> addressees)
    {
        var events = addressees.Select(Next).ToList();
        for (var i = 0; i < events.Count; i++)
            ledger.Sending(backEnd.Client.Token, MarkerOf(events[i]), name, addressees[i].VisitorId, addressees[i].UserId);
        await backEnd.TrackUntilAcceptedAsync(events);
        foreach (var one in events) ledger.Acknowledge(MarkerOf(one));
        return events;
    }

    /// <summary>Sends again what was acknowledged, as a sender does that lost the answer.</summary>
    public Task ResendAsync(IReadOnlyList<BackEndEvent> events) => backEnd.TrackUntilAcceptedAsync(events);

    /// <returns>The visitor that this browser is from now on.</returns>
    public async Task<string> LoginAsync(string visitorId, string userId)
    {
        var marker = NextMarker();
        ledger.Sending(backEnd.Client.Token, marker, name, userId: userId, isLogin: true);
        var answer = await backEnd.LoginUntilAcceptedAsync(visitorId, new LoginCall
        {
            UserId = userId,
            Time = time.GetUtcNow().ToUnixTimeMilliseconds(),
            InsertId = Guid.NewGuid().ToString(),
            Properties = new Dictionary<string, object> { ["n"] = marker },
        });
        ledger.Acknowledge(marker, answer.VisitorId);
        return answer.VisitorId;
    }

    /// <returns>The visitor that this browser is from now on.</returns>
    public Task<string> LogoutAsync(string visitorId) => backEnd.LogoutUntilAcceptedAsync(visitorId);

    private BackEndEvent Next(Addressee addressee) => new()
    {
        Event = EventName,
        VisitorId = addressee.VisitorId,
        UserId = addressee.UserId,
        Time = time.GetUtcNow().ToUnixTimeMilliseconds(),
        InsertId = Guid.NewGuid().ToString(),
        Properties = new Dictionary<string, object> { ["n"] = NextMarker() },
    };

    private string NextMarker() => $"{name}-{Interlocked.Increment(ref _order)}";

    public static string MarkerOf(BackEndEvent one) => (string)one.Properties!["n"];
}

/// <summary>Whose event it is: a visitor's or a user's.</summary>
public sealed record Addressee(string? VisitorId, string? UserId)
{
    public static Addressee Visitor(string visitorId) => new(visitorId, null);

    public static Addressee User(string userId) => new(null, userId);
}
