using System.Text;
using Microsoft.Extensions.Time.Testing;
using SpidOrleans.Cluster.Operations;
using SpidOrleans.Contracts.Operations;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;
using Xunit;

namespace SpidOrleans.UnitTests.Operations;

public sealed class EventJournalTests
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly VisitorId _visitor = VisitorId.New();

    private long Now => _clock.GetUtcNow().ToUnixTimeMilliseconds();

    private EventJournal Journal(int entries = 100_000, int perSecond = 1_000) => new(new JournalOptions { EntriesMax = entries, EventsPerSecond = perSecond }, _clock);

    [Fact]
    public void WhatIsWritten_IsFoundByInsertIdVisitorAndUser()
    {
        var journal = Journal();
        Write(journal, JournalStep.Accepted, Payload("Order", "i-1", _visitor, "anna"));
        _clock.Advance(TimeSpan.FromSeconds(1));
        Write(journal, JournalStep.Delivered, Payload("Order", "i-1", _visitor, "anna"), 17);
        Write(journal, JournalStep.Delivered, Payload("Other", "i-2", VisitorId.New(), "bob"));

        foreach (var query in new[] { new JournalQuery { InsertId = "i-1" }, new JournalQuery { Visitor = _visitor }, new JournalQuery { User = User("anna") } })
        {
            var page = journal.Find(query);
            Assert.Equal([JournalStep.Delivered, JournalStep.Accepted], page.Notes.Select(note => note.Step));
            Assert.All(page.Notes, note => Assert.Equal(("Order", "web/1", _visitor, true), (note.Event, note.Shard, note.Visitor, note.HasUser)));
            Assert.Equal(17, page.Notes[0].Figure);
            Assert.Equal(1_000, page.Notes[0].AtMs - page.Notes[1].AtMs);
        }

        Assert.Empty(journal.Find(new JournalQuery { InsertId = "i-3" }).Notes);
    }

    [Theory]
    [InlineData("quote\"and\\backslash")]
    [InlineData("<script>alert(1)</script>")]
    [InlineData("ærlig ✓ 😀")]
    public void AUserWhoseIdIsEscapedInJson_IsFoundByTheIdAsItIs(string user)
    {
        var journal = Journal();
        var payload = SpidOrleans.Cluster.Stamping.EventWriter.Write(
            new SpidOrleans.Contracts.Events.EventSource { ClientName = "c", Project = "web" }, new SpidOrleans.Contracts.Events.TrackedEvent { Name = user },
            new SpidOrleans.Cluster.Stamping.Stamp { TimeMs = 1, InsertId = "i", User = User(user) });
        Write(journal, JournalStep.Accepted, Encoding.UTF8.GetString(payload));

        Assert.Equal(user, Assert.Single(journal.Find(new JournalQuery { User = User(user) }).Notes).Event);
    }

    [Fact]
    public void AMerge_IsFoundByBothSides()
    {
        var journal = Journal();
        journal.WriteMerge(Now, _visitor.Key, User("anna").Key, 3);

        foreach (var query in new[] { new JournalQuery { Visitor = _visitor }, new JournalQuery { User = User("anna") } })
        {
            var note = Assert.Single(journal.Find(query).Notes);
            Assert.Equal((JournalStep.Merged, 3), (note.Step, note.Figure));
        }
    }

    [Fact]
    public void BeyondItsBound_TheOldestGo_AndItSaysSinceWhenItKnows()
    {
        var journal = Journal(entries: 20_000);
        for (var i = 0; i < 40_000; i++)
        {
            Write(journal, JournalStep.Accepted, Payload("e", $"i-{i}", _visitor, null));
            _clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        Assert.Empty(journal.Find(new JournalQuery { InsertId = "i-0" }).Notes);
        var last = journal.Find(new JournalQuery { InsertId = "i-39999" });
        Assert.Single(last.Notes);
        Assert.InRange(Now - last.SinceMs!.Value, 8_000, 20_000);
        var all = journal.Find(new JournalQuery { Visitor = _visitor });
        Assert.True(all.IsCut);
        Assert.Equal(OperationsLimits.NotesShown, all.Notes.Length);
        Assert.Equal(Now - 1, all.Notes[0].AtMs);
    }

    [Fact]
    public void WhatIsOlderThanItsAge_IsNotTold()
    {
        var journal = Journal();
        Write(journal, JournalStep.Accepted, Payload("e", "i-1", _visitor, null));
        _clock.Advance(TimeSpan.FromMinutes(61));

        var page = journal.Find(new JournalQuery { InsertId = "i-1" });
        Assert.Empty(page.Notes);
        Assert.Equal(Now - 3_600_000, page.SinceMs);
    }

    [Fact]
    public void MoreThanItsRate_IsCountedAndNotWritten()
    {
        var journal = Journal(perSecond: 100);
        Assert.True(journal.Admits(JournalStep.Accepted, 150));
        Assert.False(journal.Admits(JournalStep.Accepted, 1));
        // Deliveries have a budget of their own.
        Assert.True(journal.Admits(JournalStep.Delivered, 1));
        Assert.Equal(1, journal.Find(new JournalQuery { InsertId = "x" }).Skipped);

        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(journal.Admits(JournalStep.Accepted, 1));
    }

    [Fact]
    public void WithoutRoom_NothingIsWritten_AndItSaysSo()
    {
        var journal = Journal(entries: 0);
        Assert.False(journal.Admits(JournalStep.Accepted, 1));
        Assert.Null(journal.Find(new JournalQuery { InsertId = "i" }).SinceMs);
    }

    [Fact]
    public void AnErasedPerson_IsForgotten_AndNobodyElse()
    {
        var journal = Journal();
        var other = VisitorId.New();
        Write(journal, JournalStep.Accepted, Payload("e", "i-1", _visitor, null));
        Write(journal, JournalStep.Accepted, Payload("e", "i-2", null, "anna"));
        Write(journal, JournalStep.Accepted, Payload("e", "i-3", other, "bob"));

        journal.Erase([_visitor.Key, User("anna").Key]);

        Assert.Empty(journal.Find(new JournalQuery { Visitor = _visitor }).Notes);
        Assert.Empty(journal.Find(new JournalQuery { InsertId = "i-1" }).Notes);
        Assert.Empty(journal.Find(new JournalQuery { User = User("anna") }).Notes);
        Assert.Single(journal.Find(new JournalQuery { Visitor = other }).Notes);
    }

    private void Write(EventJournal journal, JournalStep step, string payload, int figure = 0) =>
        journal.Write(step, Now, "web/1", EventHead.Read(Encoding.UTF8.GetBytes(payload)), figure);

    private static UserId User(string id) => UserId.TryParse(id, out var user) ? user : throw new ArgumentException(id);

    private static string Payload(string name, string insertId, VisitorId? visitor, string? user) =>
        $"{{\"event\":\"{name}\",\"properties\":{{\"time\":1,\"$insert_id\":\"{insertId}\""
        + (visitor is null ? "" : $",\"$device_id\":\"{visitor}\"") + (user is null ? "" : $",\"$user_id\":\"{user}\"") + ",\"Version\":\"1\"}}";
}
