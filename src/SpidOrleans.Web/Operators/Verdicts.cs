using SpidOrleans.Contracts.Operations;

namespace SpidOrleans.Web.Operators;

/// <summary>Answers «where is it?» in a sentence. Pure.</summary>
internal static class Verdicts
{
    /// <summary>Of what was looked for by an insert id; null: it was not looked for by one, or nothing is known of it.</summary>
    public static (Concern Concern, string Text)? OfEvent(Finding finding)
    {
        if (finding.InsertId is null) return null;
        var last = finding.EventJournal.Notes.FirstOrDefault();
        if (finding.Letters.Any(letter => Payloads.InsertIdOf(letter.Letter.Payload) == finding.InsertId))
            return (Concern.Trouble, "Mixpanel refused this event. It is kept as a dead letter, below, with Mixpanel's reason.");
        if (finding.Pending.Events.Any(item => Payloads.InsertIdOf(item.Payload) == finding.InsertId))
            return (Concern.Notice, "This event is accepted and waits to be sent. The overview says why its project is behind.");
        return last?.Step switch
        {
            JournalStep.Delivered => (Concern.None, $"Mixpanel took this event at {Figures.Time(last.AtMs)}."),
            JournalStep.Refused => (Concern.Notice, $"Mixpanel refused this event at {Figures.Time(last.AtMs)}, and its dead letter is gone since: replayed, discarded, erased or too old."),
            JournalStep.Accepted => (Concern.Notice, $"Accepted at {Figures.Time(last.AtMs)}. That it was delivered is not in the journal{Gaps(finding.EventJournal)}, and it is not among the oldest that wait."),
            _ => null,
        };
    }

    /// <summary>Of a person.</summary>
    public static (Concern Concern, string Text) OfPerson(Finding finding)
    {
        if (finding.IsSilent) return (Concern.Trouble, "The cluster does not answer for this person at the moment. Load the page again in some seconds.");
        if (finding.VisitorStory?.IsErased == true || finding.UserStory?.IsErased == true) return (Concern.Notice, "Erased: nothing is known any more, and whatever comes is refused.");
        if (finding.VisitorStory?.IsTrackingRefused == true || finding.UserStory?.IsTrackingRefused == true)
            return (Concern.Notice, "This person wants no tracking: events are answered and not taken.");
        if (finding.Pending.IsUnavailable) return (Concern.Trouble, "The database does not answer: what waits is not known.");
        if (!finding.Letters.IsEmpty) return (Concern.Trouble, $"Mixpanel refused {finding.Letters.Length}{(finding.HasMoreLetters ? " or more" : "")} of this person's events: see the dead letters below.");
        if (finding.Pending.Count > 0) return (Concern.Notice, $"{Figures.Count(finding.Pending.Count.Value)} events or changes wait to be sent. The overview says why their projects are behind.");
        var last = finding.Journal.Notes.FirstOrDefault(note => note.Step is JournalStep.Delivered or JournalStep.Accepted);
        if (last is not null) return (Concern.None, $"Nothing waits. The last event that the journal knows was {(last.Step == JournalStep.Delivered ? "delivered" : "accepted")} at {Figures.Time(last.AtMs)}.");
        return finding.IsAnythingKnown
            ? (Concern.None, "Nothing waits, and no event passed in the time that the journal keeps.")
            : (Concern.Notice, "Nothing is known. A visitor that was never signed in leaves nothing here once its events are delivered, and any UUID is one: look at the client id, the id's spelling, and whether the sender was answered 2xx.");
    }

    private static string Gaps(JournalReport journal) => journal.Skipped > 0 ? " (under load it does not write everything down)" : "";
}
