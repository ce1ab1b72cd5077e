using SpidOrleans.TestKit.Checking;
using SpidOrleans.TestKit.StandIn;

namespace SpidOrleans.UnitTests.TestKit;

/// <summary>A small made-up run: what was sent and acknowledged in which order, and what arrived.</summary>
internal sealed class Story
{
    public const string Token = "token";

    private readonly Ledger _ledger = new();
    private readonly List<Arrival> _arrivals = [];

    public Story Sent(string marker, string? visitor = null, string? user = null)
    {
        _ledger.Sending(Token, marker, "sender", visitor, user);
        return this;
    }

    public Story SentLogin(string marker, string user)
    {
        _ledger.Sending(Token, marker, "sender", userId: user, isLogin: true);
        return this;
    }

    public Story Acknowledged(string marker, string? visitor = null)
    {
        _ledger.Acknowledge(marker, visitor);
        return this;
    }

    /// <summary>Sent and acknowledged before anything else happens.</summary>
    public Story Tracked(string marker, string? visitor = null, string? user = null) =>
        Sent(marker, visitor, user).Acknowledged(marker);

    public Story LoggedIn(string marker, string visitor, string user) => SentLogin(marker, user).Acknowledged(marker, visitor);

    public Story Arrived(string marker, string? device = null, string? user = null, string time = "1", string? insertId = null, string token = Token)
    {
        _arrivals.Add(new Arrival
        {
            Sequence = _arrivals.Count + 1,
            Request = 1,
            Token = token,
            Event = "Article read",
            DeviceId = device,
            UserId = user,
            Time = time,
            InsertId = insertId ?? "id-" + marker,
            Marker = marker,
            Json = "{}",
        });
        return this;
    }

    public IReadOnlyList<string> Violations(params string[] refused) => Checker.Check(_ledger.Snapshot(), _arrivals, refused.ToHashSet());
}
