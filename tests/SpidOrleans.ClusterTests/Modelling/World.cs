namespace SpidOrleans.ClusterTests.Modelling;

/// <summary>
/// The reference model: what the product promises about visitors, persons and order, in plain single-threaded code that
/// stores nothing and never fails.
/// </summary>
/// <param name="holdsUndecided">Whoever has not decided is not tracked yet.</param>
internal sealed class World(bool holdsUndecided)
{
    private readonly List<Tracked> _tracked = [];
    private readonly Dictionary<int, bool> _consents = [];

    /// <summary>Everything tracked, in the order in which it was accepted; resends are no new events.</summary>
    public IReadOnlyList<Tracked> Tracked => _tracked;

    public bool Knows(string marker) => _tracked.Exists(t => t.Marker == marker);

    /// <returns>False: the person wants no tracking.</returns>
    public bool Track(ModelVisitor visitor, string project, string marker) => Track(visitor, null, project, marker, ConsentOf(visitor));

    /// <inheritdoc cref="Track(ModelVisitor, string, string)"/>
    public bool Track(int person, string project, string marker) => Track(null, person, project, marker, ConsentOf(person));

    private bool Track(ModelVisitor? visitor, int? person, string project, string marker, bool? consent)
    {
        var known = _tracked.Find(t => t.Marker == marker);
        if (known is null)
        {
            var fate = consent switch { true => Fate.Arrives, false => Fate.Never, null => holdsUndecided ? Fate.Held : Fate.Arrives };
            _tracked.Add(new Tracked(_tracked.Count, visitor, person, project, marker) { Fate = fate });
        }
        else if (known.Fate == Fate.Never && consent != false)
        {
            // A resend of what was discarded: it may be remembered as known.
            known.Fate = Fate.Unknown;
        }

        return consent != false;
    }

    /// <summary>The browser's person decides: for all visitors that it has been since this one, and for whom they belong to.</summary>
    public void Decide(ModelVisitor visitor, bool tracking)
    {
        if (visitor.Next is { } next) Decide(next, tracking);
        visitor.Consent = tracking;
        if (visitor.Person is { } person) Decide(person, tracking);
        else Apply(t => t.Visitor == visitor, tracking);
    }

    public void Decide(int person, bool tracking)
    {
        _consents[person] = tracking;
        Apply(t => (t.Person ?? t.Visitor!.Person) == person, tracking);
    }

    private void Apply(Func<Tracked, bool> isTheirs, bool tracking)
    {
        foreach (var t in _tracked.Where(isTheirs))
        {
            t.Fate = (t.Fate, tracking) switch
            {
                (Fate.Held, true) => Fate.Arrives,
                // Whatever else asks for that logout again, once there is consent, sends it.
                (Fate.Held, false) => t.Marker.StartsWith("Logout", StringComparison.Ordinal) ? Fate.Unknown : Fate.Never,
                (Fate.Arrives, false) => Fate.Unknown,
                var (fate, _) => fate,
            };
        }
    }

    private bool? ConsentOf(int person) => _consents.TryGetValue(person, out var tracking) ? tracking : null;

    private bool? ConsentOf(ModelVisitor visitor) =>
        visitor.Consent == false ? false : visitor.Person is { } person ? ConsentOf(person) : visitor.Consent;

    /// <summary>The link, if there is none yet: from the next event on.</summary>
    private void Link(ModelVisitor visitor, int person)
    {
        visitor.Person = person;
        visitor.LinkedFrom = _tracked.Count;
    }

    /// <summary>The stricter of the two decisions is the person's; whoever has not decided leaves it to the other.</summary>
    private void SignIn(ModelVisitor visitor, int person)
    {
        var own = ConsentOf(person);
        var decided = own == false || visitor.Consent == false ? false : own ?? visitor.Consent;
        if (decided is { } tracking) Decide(person, tracking);
    }

    /// <summary>Must <paramref name="earlier"/> arrive before <paramref name="later"/>? Yes if, when the later one was sent,
    /// both were known to be one person's or one visitor's. What somebody did before logging in is nobody's but the visitor's
    /// at that time, and may well arrive before another device's older events.</summary>
    public static bool IsOrdered(Tracked earlier, Tracked later) =>
        earlier.Project == later.Project && Identity(earlier, later.Number) == Identity(later, later.Number);

    private static string Identity(Tracked tracked, int at) => tracked switch
    {
        { Person: { } person } => $"person {person}",
        { Visitor: { Person: { } linked, LinkedFrom: var from } } when from <= at => $"person {linked}",
        _ => $"visitor {tracked.Visitor!.Id}",
    };

    /// <summary>Who the visitor is after a login of <paramref name="person"/> that a sender addressed to it.</summary>
    /// <param name="fresh">Called when a second person needs a new visitor.</param>
    public ModelVisitor Login(ModelVisitor visitor, int person, string insertId, Func<ModelVisitor> fresh)
    {
        if (visitor.Answers.TryGetValue(insertId, out var known)) return known;
        if (visitor.Next is null && visitor.Person is null) Link(visitor, person);
        if (visitor.Next is null && visitor.Person != person) visitor.Next = fresh();
        if (visitor.Next is { } next) return visitor.Answers[insertId] = Login(next, person, insertId, fresh);
        SignIn(visitor, person);
        return visitor.Answers[insertId] = visitor;
    }

    /// <summary>The fresh visitor after a logout that a sender addressed to <paramref name="visitor"/>, and who was
    /// logged out.</summary>
    public static (ModelVisitor Fresh, ModelVisitor? Left) Logout(ModelVisitor visitor, Func<ModelVisitor> fresh)
    {
        var isForwarded = false;
        while (visitor.Next is { } next)
        {
            visitor = next;
            isForwarded = true;
        }

        if (isForwarded && visitor.Person is null) return (visitor, null);
        visitor.Next = fresh();
        return (visitor.Next, visitor);
    }
}

/// <param name="Number">Its place among all.</param>
internal sealed record Tracked(int Number, ModelVisitor? Visitor, int? Person, string Project, string Marker)
{
    public required Fate Fate { get; set; }
}

/// <summary>What becomes of an event.</summary>
internal enum Fate
{
    Arrives,

    /// <summary>Not before its person consents.</summary>
    Held,

    /// <summary>Its person has refused.</summary>
    Never,

    /// <summary>The refusal may have come too late.</summary>
    Unknown,
}

/// <summary>A visitor as the model sees it.</summary>
internal sealed class ModelVisitor
{
    /// <summary>What the product called it; empty until the product has said so.</summary>
    public string Id { get; set; } = "";

    public int? Person { get; set; }

    /// <summary>What was said of this browser; null: nothing.</summary>
    public bool? Consent { get; set; }

    /// <summary>By insert id: a login that comes again gets the answer it had.</summary>
    public Dictionary<string, ModelVisitor> Answers { get; } = [];

    /// <summary>The number of the first event after the link.</summary>
    public int LinkedFrom { get; set; }

    public ModelVisitor? Next { get; set; }
}
