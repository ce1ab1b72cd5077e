namespace SpidOrleans.TestKit.StandIn;

/// <summary>How many requests of each project are being handled, and the most there ever were.</summary>
internal sealed class InFlight
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (int Now, int Most)> _counts = [];

    public int Most(string token)
    {
        lock (_gate) return _counts.GetValueOrDefault(token).Most;
    }

    public void Enter(string token)
    {
        lock (_gate)
        {
            var (now, most) = _counts.GetValueOrDefault(token);
            _counts[token] = (now + 1, Math.Max(most, now + 1));
        }
    }

    public void Leave(string token)
    {
        lock (_gate)
        {
            var (now, most) = _counts[token];
            _counts[token] = (now - 1, most);
        }
    }
}
