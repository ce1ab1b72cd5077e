namespace SpidOrleans.TestKit.StandIn;

/// <summary>Random faults that a seed repeats: the same sequence of requests meets the same faults.</summary>
/// <param name="seed">Print it, so that a failing run can be repeated.</param>
/// <param name="share">How many of all requests meet a fault, 0 to 1.</param>
/// <param name="holdsMax">Answers held in all: each costs its sender a whole time-out, so they are rationed.</param>
public sealed class SeededFaults(int seed, double share, int holdsMax) : IFaultPlan
{
    /// <summary>Longer than any sender's time-out should be.</summary>
    private static readonly TimeSpan HeldLongest = TimeSpan.FromSeconds(30);

    private readonly Random _random = new(seed);
    private int _holds;

    public Fault Next(ImportRequest request)
    {
        if (_random.NextDouble() >= share) return Fault.None;
        switch (_random.Next(8))
        {
            case 0: return new Fault.Throttle();
            case 1: return new Fault.Throttle(TimeSpan.FromSeconds(1));
            case 2: return new Fault.ServerError();
            case 3: return new Fault.ServerError(502);
            case 4: return new Fault.Reset(Stored: false);
            case 5: return new Fault.Reset(Stored: true);
            case 6: return new Fault.StorePrefix(_random.Next(request.Events));
            default:
                if (_holds == holdsMax) return new Fault.Reset(Stored: true);
                _holds++;
                return new Fault.HoldAnswer(HeldLongest);
        }
    }
}
