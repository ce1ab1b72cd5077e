namespace SpidOrleans.Web.Ingestion;

/// <summary>What is done with an event, by its name.</summary>
internal enum EventMeaning
{
    /// <summary>Tracked.</summary>
    Event,

    /// <summary>Accepted and not stored: Mixpanel's clients send it by themselves, and forwarded it would join identities, or stand among
    /// a person's events though nobody has done anything.</summary>
    Sign,

    /// <summary>Refused: it asks to join identities, which here a login does.</summary>
    Join,
}

internal static class EventMeanings
{
    public const string JoinRule = "'event' is invalid: identities are joined by a login, not by $create_alias or $merge";

    /// <summary><c>$identify</c> says what the events after it say too, each by its ids: a visitor's id is tracked as that visitor.</summary>
    public static EventMeaning Of(string name) => name switch
    {
        "$identify" or "$opt_in" or "$opt_out" => EventMeaning.Sign,
        "$create_alias" or "$merge" => EventMeaning.Join,
        _ => EventMeaning.Event,
    };
}
