using System.Collections.Immutable;
using SpidOrleans.Contracts.DeadLetters;
using SpidOrleans.Contracts.Operations;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.Mixpanel.Rules;
using SpidOrleans.Web.Configuration;

namespace SpidOrleans.Web.Operators;

/// <summary>Looks everywhere for a person or an event, side by side: the page comes within seconds, whoever does not answer.</summary>
internal sealed class Finder(IOperations operations, IGrainFactory grains, SpidSettings settings, TimeProvider clock)
{
    /// <summary>The user's visitors that are asked themselves.</summary>
    private const int DevicesMax = 20;

    /// <summary>Dead letters of one project.</summary>
    private const int LettersMax = 20;

    private static readonly JournalReport NothingWritten = new() { Notes = [], Silent = [] };

    /// <param name="text">A visitor's id, a user's id, or an insert id: whatever it can be is looked for.</param>
    public async Task<Finding> FindAsync(string text)
    {
        VisitorId? visitor = VisitorId.TryParse(text, out var parsed) ? parsed : null;
        UserId? user = visitor is null && UserId.TryParse(text, out var named) ? named : null;
        var insertId = EventRules.IsInsertId(text) ? text : null;

        var eventNotes = insertId is null ? Task.FromResult(NothingWritten) : operations.FindAsync(new JournalQuery { InsertId = insertId });
        var eventPending = insertId is null ? Task.FromResult(new PendingReport()) : operations.FindPendingAsync(insertId);
        var personNotes = visitor is null && user is null ? Task.FromResult(NothingWritten) : operations.FindAsync(new JournalQuery { Visitor = visitor, User = user });
        var letters = LettersAsync(visitor, user, insertId);
        var visitorStory = visitor is { } v ? await operations.TellAsync(v) : null;
        // A linked visitor's events are its user's.
        var isSilent = visitor is not null && visitorStory is null;
        user ??= visitorStory?.User;
        var userStory = user is { } u ? await operations.TellAsync(u) : null;
        isSilent |= user is not null && userStory is null;
        var pending = await operations.ReadPendingAsync([.. LanesOf(visitor, user)]);
        var devices = await Task.WhenAll((visitor is null ? userStory?.Visitors ?? [] : []).Take(DevicesMax).Select(operations.TellAsync));
        var found = await eventPending;
        var (foundLetters, hasMore, areUnknown) = await letters;
        return new Finding
        {
            Query = text,
            Visitor = visitor,
            User = user,
            InsertId = insertId,
            VisitorStory = visitorStory,
            UserStory = userStory,
            Devices = [.. devices.OfType<VisitorStory>()],
            IsSilent = isSilent,
            Pending = Join(pending, found),
            Journal = await personNotes,
            EventJournal = await eventNotes,
            Letters = foundLetters,
            HasMoreLetters = hasMore,
            AreLettersUnknown = areUnknown,
        };
    }

    private static IEnumerable<string> LanesOf(VisitorId? visitor, UserId? user)
    {
        if (visitor is { } browser) yield return browser.Key;
        if (user is not { } person) yield break;
        yield return person.Key;
        yield return person.ProfileKey;
    }

    private static PendingReport Join(PendingReport person, PendingReport one) => person with
    {
        Events = [.. person.Events.Concat(one.Events).DistinctBy(item => (item.Project, item.Position)).Take(OperationsLimits.PendingShown)],
        Count = Math.Max(person.Count ?? 0, one.Events.Length),
        IsCut = person.IsCut || one.IsCut,
        IsUnavailable = person.IsUnavailable || one.IsUnavailable,
    };

    private async Task<(ImmutableArray<FoundLetter> Letters, bool HasMore, bool AreUnknown)> LettersAsync(VisitorId? visitor, UserId? user, string? insertId)
    {
        var queries = new List<DeadLetterQuery>();
        if (visitor is not null || user is not null) queries.Add(new DeadLetterQuery { Visitor = visitor, User = user, Limit = LettersMax });
        if (insertId is not null) queries.Add(new DeadLetterQuery { InsertId = insertId, Limit = LettersMax });
        var pages = await Task.WhenAll(settings.Cluster.Projects.Keys.SelectMany(project => queries.Select(query => LettersAsync(project, query))));
        return (
            [.. pages.SelectMany(page => page.Letters).DistinctBy(letter => (letter.Project, letter.Letter.Id)).OrderByDescending(letter => letter.Letter.RefusedAtMs)],
            pages.Any(page => page.HasMore), pages.Any(page => page.IsUnknown));
    }

    private async Task<(IEnumerable<FoundLetter> Letters, bool HasMore, bool IsUnknown)> LettersAsync(string project, DeadLetterQuery query)
    {
        try
        {
            var page = await grains.GetGrain<IDeadLetterGrain>(Random.Shared.Next()).ListAsync(project, query).WaitAsync(OperationsLimits.AnswerWithin, clock);
            return (page.Letters.Select(letter => new FoundLetter(project, letter)), page.Next is not null, page.IsUnavailable);
        }
        catch (Exception)
        {
            // The page says so.
            return ([], false, true);
        }
    }
}
