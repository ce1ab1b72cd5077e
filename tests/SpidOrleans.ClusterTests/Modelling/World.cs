namespace SpidOrleans.ClusterTests.Modelling;

/// <summary>
/// The reference model: what the product promises about visitors, persons and order, in plain single-threaded code that
/// stores nothing and never fails.
/// </summary>
internal sealed class World
{
    private readonly List<Tracked> _tracked = [];

    /// <summary>Everything tracked, in the order in which it was accepted; resends are no new events.</summary>
    public IEnumerable<Tracked> Tracked => _tracked.DistinctBy(t => t.Marker);

    public void Track(ModelVisitor visitor, string project, string marker) => _tracked.Add(new Tracked(_tracked.Count, visitor, null, project, marker));

    public void Track(int person, string project, string marker) => _tracked.Add(new Tracked(_tracked.Count, null, person, project, marker));

    /// <summary>The link, if there is none yet: from the next event on.</summary>
    private void Link(ModelVisitor visitor, int person)
    {
        visitor.Person = person;
        visitor.LinkedFrom = _tracked.Count;
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
        if (visitor.Next is not null) visitor.Next = Login(visitor.Next, person, insertId, fresh);
        return visitor.Answers[insertId] = visitor.Next ?? visitor;
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
internal sealed record Tracked(int Number, ModelVisitor? Visitor, int? Person, string Project, string Marker);

/// <summary>A visitor as the model sees it.</summary>
internal sealed class ModelVisitor
{
    /// <summary>What the product called it; empty until the product has said so.</summary>
    public string Id { get; set; } = "";

    public int? Person { get; set; }

    /// <summary>By insert id: a login that comes again gets the answer it had.</summary>
    public Dictionary<string, ModelVisitor> Answers { get; } = [];

    /// <summary>The number of the first event after the link.</summary>
    public int LinkedFrom { get; set; }

    public ModelVisitor? Next { get; set; }
}
