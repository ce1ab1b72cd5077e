using SpidOrleans.Cluster.Emission;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Cluster.Stamping;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Groups;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;
using Xunit;

namespace SpidOrleans.UnitTests.Emission;

public sealed class LayersTests
{
    private static readonly EventSource Source = new() { ClientName = "News", Project = "p" };
    private static readonly Dictionary<string, VisitorId> Visitors = [];

    [Theory]
    // Rows in order: e = event of a visitor, of a user, or of both (v+u); p = change of a profile; l = a user's late event that names the visitor alone.
    [InlineData("e:v1 e:v2 e:u1", "e012")]
    [InlineData("p:u1", "p0")]
    [InlineData("p:u1 p:u1 p:u2", "p012")]
    [InlineData("e:v1+u1 p:u1", "e0 p1")]
    [InlineData("e:v1+u1 p:u1 e:v1+u1 p:u1", "e0 p1 e2 p3")]
    // Strangers' events need not wait for a profile.
    [InlineData("e:v1 e:v1+u1 p:u1 e:v2 e:v1+u1 e:v2+u2 p:u2 e:v3", "e01357 p26 e4")]
    [InlineData("p:u1 e:v1 e:v1+u1", "e1 p0 e2")]
    // What links two ids orders both.
    [InlineData("p:u1 e:v1+u1 e:v1", "p0 e12")]
    [InlineData("p:u1 e:v2 e:v1+u1", "e1 p0 e2")]
    // A late event may be anybody's: nothing overtakes it, and it overtakes nothing.
    [InlineData("p:u1 e:u1 l:v1 e:v2", "p0 e123")]
    [InlineData("e:u1 p:u1 l:v1 e:v2 p:u2 e:u2", "e0 p1 e23 p4 e5")]
    // Groups' profiles: each group's in order, beside everybody else's.
    [InlineData("g:a g:b g:a", "g012")]
    [InlineData("e:u1 g:a p:u1 e:u1 g:a e:v2", "e05 p2 g14 e3")]
    public void Rows_GoOutInAsFewRequestsAsKeepEachPersonsOrder(string rows, string layers) =>
        Assert.Equal(layers, Show(Layers.Of(Rows(rows.Split(' ')))));

    [Fact]
    public void AHundredLogins_AreThreeRequests()
    {
        var rows = Enumerable.Range(0, 100).SelectMany(i => new[] { $"e:v{i}", $"e:v{i}+u{i}", $"p:u{i}", $"e:v{i}+u{i}", $"e:x{i}" }).ToArray();

        Assert.Equal(3, Layers.Of(Rows(rows)).Count);
    }

    [Fact]
    public void WhatNobodyKnows_IsAnybodys()
    {
        IReadOnlyList<OutboxRow> rows = [new(0, "{}"u8.ToArray()), .. Rows(["p:u1"], from: 1), new(2, "no json"u8.ToArray()), .. Rows(["p:u2"], from: 3)];

        Assert.Equal("e0 p1 e2 p3", Show(Layers.Of(rows)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void ByChance_NobodysRowOvertakesAnotherOfHis(int seed)
    {
        var random = new Random(seed);
        var rows = Rows([.. Enumerable.Range(0, 400).Select(_ =>
        {
            var person = random.Next(6);
            return random.Next(4) switch { 0 => $"p:u{person}", 1 => $"e:u{person}", 2 => $"e:v{person}+u{person}", _ => random.Next(5) == 0 ? $"l:v{person}" : $"e:x{person}" };
        })]);

        var sent = Layers.Of(rows).SelectMany(layer => layer.Rows).Select(row => row.Position).ToList();

        Assert.Equal(rows.Select(row => row.Position), sent.Order());
        foreach (var person in rows.GroupBy(row => PayloadIds.Read(row.Payload.Span) is [.., var id] ? id : "late"))
        {
            var expected = person.Select(row => row.Position).ToList();
            Assert.Equal(expected, sent.Where(expected.Contains));
        }

        // A late event is held against everybody.
        foreach (var late in rows.Where(row => OutboxPayload.IsUnnamed(row.Payload.Span)))
        {
            Assert.All(sent[..sent.IndexOf(late.Position)], position => Assert.True(position < late.Position));
            Assert.All(sent[sent.IndexOf(late.Position)..], position => Assert.True(position >= late.Position));
        }
    }

    private static IReadOnlyList<OutboxRow> Rows(string[] rows, int from = 0) => [.. rows.Select((row, at) => new OutboxRow(from + at, Payload(row)))];

    private static byte[] Payload(string row)
    {
        var ids = row[2..].Split('+');
        VisitorId? device = ids[0][0] == 'u' ? null : VisitorOf(ids[0]);
        UserId? user = UserId.TryParse(ids[^1], out var id) && ids[^1][0] == 'u' ? id : null;
        if (row[0] == 'g') return ProfileWriter.Write(new GroupId { GroupKey = "company", Id = ids[0] }, new ProfileUpdate { Operation = "$set", Argument = "{}"u8.ToArray() });
        return row[0] == 'p'
            ? ProfileWriter.Set(user!.Value, null)
            : EventWriter.Write(Source, new TrackedEvent { Name = "x" }, new Stamp { TimeMs = 1, InsertId = "i", Device = device, User = user, IsOfUsersLane = row[0] == 'l' });
    }

    private static VisitorId VisitorOf(string name)
    {
        lock (Visitors)
        {
            if (!Visitors.TryGetValue(name, out var visitor)) Visitors[name] = visitor = VisitorId.New();
            return visitor;
        }
    }

    private static string Show(IReadOnlyList<Layer> layers) =>
        string.Join(' ', layers.Select(layer => "epg"[(int)layer.Kind] + string.Concat(layer.Rows.Select(row => row.Position))));
}
