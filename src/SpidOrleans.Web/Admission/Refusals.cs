using System.Diagnostics.Metrics;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Web.Intake;

namespace SpidOrleans.Web.Admission;

/// <summary>Counts what is refused because there is too much of it.</summary>
public sealed class Refusals
{
    public const string MeterName = "SpidOrleans.Web";
    public const string CounterName = "spid.refusals";

    /// <summary>Stands for whoever proved no client.</summary>
    public const string Nobody = "-";

    private readonly Counter<long> _refusals;

    public Refusals(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _refusals = meter.CreateCounter<long>(CounterName, unit: "{request}", description: "Requests refused for load, by reason and client");
    }

    /// <param name="client">A configured client's id, or a project's name: so there are as many as are configured.</param>
    public void Count(RefusalReason reason, string client = Nobody) => _refusals.Add(1, new("reason", NameOf(reason)), new("client", client));

    /// <summary>The refusal of what the cluster did not take, counted; null when everything is durable.</summary>
    internal Problem? Refuse(TrackOutcome outcome, string client)
    {
        if (outcome == TrackOutcome.LaneFull) Count(RefusalReason.Lane, client);
        if (outcome == TrackOutcome.Unavailable) Count(RefusalReason.Unavailable, client);
        return outcome.ToRefusal();
    }

    private static string NameOf(RefusalReason reason) => reason switch
    {
        RefusalReason.ClientRequests => "client_requests",
        RefusalReason.ClientEvents => "client_events",
        RefusalReason.BrowserRequests => "browser_requests",
        RefusalReason.Bodies => "bodies",
        RefusalReason.SlowBody => "slow_body",
        RefusalReason.Memory => "memory",
        RefusalReason.Lane => "lane",
        RefusalReason.Unavailable => "unavailable",
        RefusalReason.Connections => "connections",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, null),
    };
}
