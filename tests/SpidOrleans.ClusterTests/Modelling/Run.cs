using System.Collections.Immutable;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Intake;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.TestKit.StandIn;

namespace SpidOrleans.ClusterTests.Modelling;

/// <summary>Does the steps to the real cluster and to the model, and complains where they differ.</summary>
internal sealed class Run(SpidTestCluster cluster, string name)
{
    private readonly World _world = new(cluster.HoldsUndecided);
    private readonly ModelVisitor[] _first = [NewVisitor(), NewVisitor(), NewVisitor()];
    private readonly Dictionary<int, ModelVisitor> _current = [];
    private readonly List<Func<Task>> _resends = [];
    private readonly HashSet<string> _ids = [];
    private readonly FaultQueue _faults = new();
    private int _events;
    private int _sends;

    public async Task DoAsync(IReadOnlyList<Step> steps)
    {
        cluster.StandIn.Faults = _faults;
        foreach (var visitor in _first) _ids.Add(visitor.Id);
        foreach (var step in steps) await DoAsync(step);
        await VerifyAsync();
        if (!_world.Tracked.Any(t => t.Fate == Fate.Held)) return;
        // In the end everybody consents: nothing that was held is lost or out of order.
        foreach (var person in Enumerable.Range(0, _first.Length)) await ConsentAsync(person, true);
        foreach (var visitor in _first) await ConsentAsync(visitor, true);
        await VerifyAsync();
    }

    private Task DoAsync(Step step) => step switch
    {
        Step.Track(var browser, var project, var count, var clock) => TrackAsync(Current(browser), project, count, clock),
        Step.TrackStale(var browser, var project) => TrackAsync(_first[browser], project, 1, SenderClock.None),
        Step.TrackPerson(var person, var project) => TrackAsync(person, project),
        Step.Login(var browser, var person, var project, var stale) =>
            LoginAsync(browser, stale ? _first[browser] : Current(browser), person, project),
        Step.Logout(var browser, var project, var stale) => LogoutAsync(browser, stale ? _first[browser] : Current(browser), project),
        Step.Consent(var browser, var tracking, var stale) => ConsentAsync(stale ? _first[browser] : Current(browser), tracking),
        Step.PersonsConsent(var person, var tracking) => ConsentAsync(person, tracking),
        Step.Resend(var which) => _resends.Count == 0 ? Task.CompletedTask : _resends[which % _resends.Count](),
        Step.Forget(var browser, var person) => cluster.ForgetAsync(Grain(Current(browser)), User(person)),
        Step.Trouble(var kind) => TroubleAsync(kind),
        _ => throw new NotSupportedException(step.ToString()),
    };

    private async Task TrackAsync(ModelVisitor visitor, int project, int count, SenderClock clock)
    {
        var events = Enumerable.Range(0, count).Select(_ => NewEvent(clock)).ToImmutableArray();
        await SendAsync();
        if (clock != SenderClock.None) _resends.Add(SendAsync);

        async Task SendAsync()
        {
            var isResend = _world.Knows(events[0].Name);
            var discarded = events.Count(e => !_world.Track(visitor, SpidTestCluster.Projects[project], e.Name));
            var result = await cluster.Intake(_sends++ % 2).TrackAsync(Source(project), [new IdentityEvents { Visitor = IdOf(visitor), Events = events }]);
            // What is recognised as a resend is acknowledged, also after a refusal.
            Same(new IntakeResult(TrackOutcome.Stored, isResend && result.Discarded == 0 ? 0 : discarded), result);
        }
    }

    private async Task TrackAsync(int person, int project)
    {
        var e = NewEvent(SenderClock.Right);
        await SendAsync();
        _resends.Add(SendAsync);

        async Task SendAsync() => Same(
            _world.Track(person, SpidTestCluster.Projects[project], e.Name) ? TrackOutcome.Stored : TrackOutcome.Discarded,
            await User(person).TrackAsync(Source(project), [e]));
    }

    private async Task LoginAsync(int browser, ModelVisitor addressed, int person, int project)
    {
        var e = NewEvent(SenderClock.Right);
        _current[browser] = await SendAsync();
        _resends.Add(SendAsync);

        async Task<ModelVisitor> SendAsync()
        {
            var expected = _world.Login(addressed, person, e.InsertId!, () => new ModelVisitor());
            _world.Track(person, SpidTestCluster.Projects[project], e.Name);
            var result = await Grain(addressed).LoginAsync(new LoginRequest { UserId = Person(person), Source = Source(project), Event = e });
            Same(TrackOutcome.Stored, result.Outcome);
            Meet(expected, result.VisitorId);
            return expected;
        }
    }

    private async Task LogoutAsync(int browser, ModelVisitor addressed, int project)
    {
        var (fresh, left) = World.Logout(addressed, () => new ModelVisitor());
        var result = await Grain(addressed).LogoutAsync(new LogoutRequest { Source = Source(project) });
        Same(TrackOutcome.Stored, result.Outcome);
        Meet(fresh, result.VisitorId);
        if (left?.Person is { } person) _world.Track(person, SpidTestCluster.Projects[project], "Logout " + fresh.Id);
        _current[browser] = fresh;
    }

    private async Task ConsentAsync(ModelVisitor visitor, bool tracking)
    {
        _world.Decide(visitor, tracking);
        Same(TrackOutcome.Stored, await Grain(visitor).SetConsentAsync(tracking));
    }

    private async Task ConsentAsync(int person, bool tracking)
    {
        _world.Decide(person, tracking);
        Same(TrackOutcome.Stored, await User(person).SetConsentAsync(tracking));
    }

    private Task TroubleAsync(int kind)
    {
        _faults.Then(kind switch
        {
            0 => new Fault.ServerError(),
            1 => new Fault.Throttle(),
            2 => new Fault.Reset(Stored: false),
            3 => new Fault.Reset(Stored: true),
            4 => new Fault.StorePrefix(1),
            5 => new Fault.HoldAnswer(TimeSpan.FromMilliseconds(300)),
            _ => new Fault.ServerError(503),
        });
        return Task.CompletedTask;
    }

    /// <summary>Every event, once, with one tuple, in everybody's order, and nobody's on another person's device; none without a consent
    /// that is asked for, or against a refusal.</summary>
    private async Task VerifyAsync()
    {
        var tracked = _world.Tracked;
        var missing = tracked.Where(t => t.Fate == Fate.Arrives).Select(t => t.Marker).ToHashSet();
        // What is not to come is only known not to have come once nothing is under way.
        if (missing.Count < tracked.Count) await cluster.SettleAsync();
        var arrivals = await cluster.ArrivalsAsync(all =>
        {
            missing.ExceptWith(all.Select(Marker));
            return missing.Count == 0;
        });

        var mine = arrivals.Where(a => a.Event.StartsWith(name + "-", StringComparison.Ordinal) || (a.DeviceId is { } id && _ids.Contains(id))).ToArray();
        Same("", string.Join(", ", mine.Select(Marker).Except(tracked.Select(t => t.Marker))), "events that nobody tracked");
        var unwanted = tracked.Where(t => t.Fate is Fate.Held or Fate.Never).Select(t => t.Marker);
        Same("", string.Join(", ", unwanted.Intersect(mine.Select(Marker))), "events that were held or refused");
        foreach (var copies in mine.GroupBy(Marker))
            Same(1, copies.Select(a => (a.Event, a.DistinctId, a.Time, a.InsertId, a.Token)).Distinct().Count(), $"tuples of {copies.Key}");
        foreach (var device in mine.Where(a => a.DeviceId is not null).GroupBy(a => a.DeviceId))
            Same(true, device.Select(a => a.UserId).OfType<string>().Distinct().Count() <= 1, $"one person on {device.Key}");

        var first = mine.GroupBy(Marker).ToDictionary(copies => copies.Key, copies => copies.Min(a => a.Sequence));
        var arrived = tracked.Where(t => t.Fate == Fate.Arrives).ToArray();
        foreach (var later in arrived)
        {
            foreach (var earlier in arrived.TakeWhile(t => t.Number < later.Number).Where(t => World.IsOrdered(t, later)))
                Same(true, first[earlier.Marker] < first[later.Marker], $"{earlier.Marker} arrived before {later.Marker}");
        }
    }

    /// <summary>What the model calls an event. The product names a logout itself: its insert id is the fresh visitor's.</summary>
    private static string Marker(Arrival arrival) => arrival.Event == "Logout" ? "Logout " + arrival.InsertId : arrival.Event;

    /// <summary>A visitor that the model knows has its id; one that the model thinks is fresh must be new to everybody.</summary>
    private void Meet(ModelVisitor expected, VisitorId actual)
    {
        if (expected.Id.Length > 0)
        {
            Same(expected.Id, actual.ToString(), "visitor");
            return;
        }

        expected.Id = actual.ToString();
        Same(true, _ids.Add(expected.Id), "a fresh visitor id");
    }

    private TrackedEvent NewEvent(SenderClock clock)
    {
        var marker = $"{name}-{_events++}";
        var now = TimeProvider.System.GetUtcNow();
        DateTimeOffset? time = clock switch
        {
            SenderClock.Right => now,
            SenderClock.AnHourSlow => now.AddHours(-1),
            SenderClock.TenMinutesFast => now.AddMinutes(10),
            _ => null,
        };
        return new TrackedEvent { Name = marker, TimeMs = time?.ToUnixTimeMilliseconds(), InsertId = time is null ? null : Guid.NewGuid().ToString() };
    }

    private ModelVisitor Current(int browser) => _current.GetValueOrDefault(browser, _first[browser]);

    private static VisitorId IdOf(ModelVisitor visitor) => VisitorId.TryParse(visitor.Id, out var id) ? id : throw new ArgumentException(visitor.Id);

    private IVisitorGrain Grain(ModelVisitor visitor) => cluster.Visitor(visitor.Id);

    private IUserGrain User(int person) => cluster.User(Person(person).ToString());

    private UserId Person(int person) => UserId.TryParse($"{name}/{person}", out var id) ? id : throw new ArgumentException(name);

    private static EventSource Source(int project) => new() { ClientName = "Test", Project = SpidTestCluster.Projects[project] };

    private static ModelVisitor NewVisitor() => new() { Id = VisitorId.New().ToString() };

    private static void Same<T>(T expected, T actual, string? what = null)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual)) throw new ModelException($"{what}: expected {expected}, got {actual}");
    }
}

internal sealed class ModelException(string message) : Exception(message);
