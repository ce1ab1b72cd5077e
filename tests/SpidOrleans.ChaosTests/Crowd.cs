using SpidOrleans.TestKit.Checking;
using SpidOrleans.TestKit.Sending;

namespace SpidOrleans.ChaosTests;

/// <summary>Many senders on few browsers at once: they read, sign in, switch person, sign out and resend what they are not
/// sure of. Which of it, a seed decides.</summary>
internal sealed class Crowd : IDisposable
{
    private const int Senders = 16;
    private const int Users = 12;

    private readonly int _seed;
    private readonly BackEnd _backEnd;
    private readonly TimeSpan _pause;
    private readonly Ledger _ledger;
    /// <summary>The visitor that each browser is now. Several senders share a browser, as its tabs and its site do.</summary>
    private readonly string[] _browsers;
    private readonly CancellationTokenSource _enough = new();

    /// <param name="backEnd">What they speak through; theirs from now on.</param>
    /// <param name="pause">What each sender does nothing for after each call: none for a full load.</param>
    public Crowd(int seed, BackEnd backEnd, Ledger ledger, int browsers, TimeSpan pause = default)
    {
        _seed = seed;
        _ledger = ledger;
        _pause = pause;
        _backEnd = backEnd;
        _browsers = [.. Enumerable.Range(0, browsers).Select(_ => Guid.NewGuid().ToString())];
        Work = Task.WhenAll(Enumerable.Range(0, Senders).Select(SendUntilEnoughAsync));
    }

    /// <summary>Ends after <see cref="GoHome"/>, or early with what must not happen.</summary>
    public Task Work { get; }

    /// <summary>Whom events can be addressed to now.</summary>
    public IReadOnlyList<Addressee> Everybody =>
        [.. _browsers.Select(Addressee.Visitor), .. Enumerable.Range(1, Users).Select(number => Addressee.User(User(number)))];

    /// <summary>Every visitor that any browser ever was.</summary>
    public IReadOnlyCollection<string> Visitors => [.. _ledger.Snapshot().Select(entry => entry.VisitorId).OfType<string>().Distinct()];

    /// <summary>Each sender finishes what it is sending, until it is acknowledged.</summary>
    public void GoHome() => _enough.Cancel();

    public async Task WaitUntilNothingIsPendingAsync(TimeSpan timeout)
    {
        using var limit = new CancellationTokenSource(timeout);
        foreach (var visitor in Visitors)
            while ((await _backEnd.DescribeVisitorAsync(visitor)).Pending is var pending and not 0)
            {
                if (limit.IsCancellationRequested) throw new TimeoutException($"Visitor {visitor} still has {pending} events pending.");
                await Task.Delay(TimeSpan.FromMilliseconds(100), limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
    }

    public void Dispose()
    {
        _enough.Dispose();
        _backEnd.Dispose();
    }

    private async Task SendUntilEnoughAsync(int number)
    {
        await Task.Yield();
        var random = new Random(HashCode.Combine(_seed, number));
        var sender = new LedgerSender($"sender{number}", _backEnd, _ledger, TimeProvider.System);
        IReadOnlyList<BackEndEvent> sent = [];
        while (!_enough.IsCancellationRequested)
        {
            var browser = random.Next(_browsers.Length);
            var visitor = Volatile.Read(ref _browsers[browser]);
            switch (random.Next(100))
            {
                case < 62:
                    sent = await sender.TrackAsync(Enumerable.Repeat(Addressee.Visitor(visitor), random.Next(1, 4)).ToList());
                    break;
                case < 74:
                    sent = await sender.TrackAsync(Addressee.User(User(random)));
                    break;
                case < 82:
                    sent = await sender.TrackAsync(Addressee.Visitor(visitor), Addressee.User(User(random)));
                    break;
                case < 88:
                    await sender.ResendAsync(sent.Count == 0 ? await sender.TrackAsync(Addressee.Visitor(visitor)) : sent);
                    break;
                case < 96:
                    Volatile.Write(ref _browsers[browser], await sender.LoginAsync(visitor, User(random)));
                    break;
                default:
                    Volatile.Write(ref _browsers[browser], await sender.LogoutAsync(visitor));
                    break;
            }

            if (_pause > TimeSpan.Zero) await Task.Delay(_pause, _enough.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static string User(Random random) => User(random.Next(1, Users + 1));

    private static string User(int number) => $"user-{number}";
}
