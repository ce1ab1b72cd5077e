namespace SpidOrleans.Web.Admission;

/// <summary>
/// What one client has under way on this host. Who finds no room waits in line, before its body is read; the line is as bounded as
/// the room. So one client's flood stands in the client's own line, and never in front of another client's requests.
/// </summary>
/// <param name="room">Weight that may be under way.</param>
internal sealed class ClientShare(int room, TimeProvider clock)
{
    /// <summary>Longer than any hiccup of the database that is none of the client's making; a sender that gives up after it is told why.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>A body weighs as much as one request for each of them.</summary>
    private const int UnitBytes = 8 << 10;

    /// <summary>Of the room, for a body that does not say how long it is.</summary>
    private const int UnknownPart = 8;

    private readonly Lock _gate = new();
    private readonly LinkedList<Waiter> _line = [];
    private readonly int _lineMax = 2 * room;
    private int _weight;
    private int _waiting;

    /// <summary>What is under way.</summary>
    public int Weight => Volatile.Read(ref _weight);

    /// <summary>How many wait.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>At most all the room there is: the largest body passes alone.</summary>
    public int Weigh(long? bodyBytes) => bodyBytes is { } bytes ? (int)Math.Min(1 + bytes / UnitBytes, room) : Math.Max(1, room / UnknownPart);

    /// <summary>Takes room without waiting. Whoever gets it gives it back by <see cref="Leave"/>.</summary>
    public bool TryEnter(int weight)
    {
        // Those in line come first.
        if (Waiting > 0) return false;
        if (Interlocked.Add(ref _weight, weight) <= room) return true;
        Leave(weight);
        return false;
    }

    /// <summary>Waits in line for room.</summary>
    /// <returns>False: the line is full, or nothing moved for too long.</returns>
    public async Task<bool> WaitAsync(int weight, CancellationToken cancellationToken)
    {
        var waiter = new Waiter(weight);
        lock (_gate)
        {
            if (_waiting == _lineMax) return false;
            _line.AddLast(waiter.Place);
            Interlocked.Increment(ref _waiting);
        }

        // Room may have come free before anybody was seen to wait for it.
        Admit();
        await waiter.Task.WaitAsync(Patience, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_gate)
        {
            if (waiter.Task.IsCompleted) return true;
            _line.Remove(waiter.Place);
            Interlocked.Decrement(ref _waiting);
        }

        // What stood behind a heavy one may fit.
        Admit();
        return false;
    }

    public void Leave(int weight)
    {
        Interlocked.Add(ref _weight, -weight);
        if (Waiting > 0) Admit();
    }

    private void Admit()
    {
        lock (_gate)
        {
            while (_line.First is { Value: var first })
            {
                if (Interlocked.Add(ref _weight, first.Weight) > room)
                {
                    Interlocked.Add(ref _weight, -first.Weight);
                    return;
                }

                _line.RemoveFirst();
                Interlocked.Decrement(ref _waiting);
                first.SetResult();
            }
        }
    }

    private sealed class Waiter : TaskCompletionSource
    {
        public Waiter(int weight) : base(TaskCreationOptions.RunContinuationsAsynchronously)
        {
            Weight = weight;
            Place = new LinkedListNode<Waiter>(this);
        }

        public int Weight { get; }

        public LinkedListNode<Waiter> Place { get; }
    }
}
