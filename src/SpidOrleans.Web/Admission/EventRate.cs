using System.Collections.Concurrent;
using SpidOrleans.Web.Configuration;

namespace SpidOrleans.Web.Admission;

/// <summary><c>Limits:EventsPerSecondPerClient</c>. A request is admitted while the client's allowance is positive and may
/// overdraw it: so a large batch passes at a low rate, and the next one waits the longer.</summary>
public sealed class EventRate(SpidSettings settings, Refusals refusals, TimeProvider clock)
{
    private readonly int? _perSecond = settings.Limits.EventsPerSecondPerClient;

    // One per configured client: bounded by the configuration.
    private readonly ConcurrentDictionary<string, Allowance> _allowances = new();

    /// <summary>Null when admitted, else the refusal that says when to come back.</summary>
    public Problem? Refuse(Client client, int events) => Refuse(client.Id, events);

    /// <summary>As <see cref="Refuse(Client, int)"/>, before anybody has counted the events: takes nothing yet.</summary>
    public Problem? Refuse(Client client) => Refuse(client.Id, 0);

    /// <param name="sender">A client's id; or a project's name, where nobody can tell which of its clients sends.</param>
    /// <inheritdoc cref="Refuse(Client, int)"/>
    public Problem? Refuse(string sender, int events)
    {
        if (_perSecond is not { } perSecond) return null;
        var allowance = _allowances.GetOrAdd(sender, _ => new Allowance(perSecond, clock.GetTimestamp()));
        var wait = allowance.Take(events, perSecond, clock);
        if (wait is null) return null;
        refusals.Count(RefusalReason.ClientEvents, sender);
        return Problem.TooManyRequests($"More than {perSecond} events per second.", wait);
    }

    private sealed class Allowance(double tokens, long since)
    {
        private readonly Lock _gate = new();
        private double _tokens = tokens;
        private long _since = since;

        public int? Take(int events, int perSecond, TimeProvider clock)
        {
            lock (_gate)
            {
                var now = clock.GetTimestamp();
                _tokens = Math.Min(perSecond, _tokens + clock.GetElapsedTime(_since, now).TotalSeconds * perSecond);
                _since = now;
                if (_tokens <= 0) return (int)Math.Ceiling((1 - _tokens) / perSecond);
                _tokens -= events;
                return null;
            }
        }
    }
}
