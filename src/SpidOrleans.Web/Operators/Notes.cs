namespace SpidOrleans.Web.Operators;

/// <summary>What a page says after a form, by the word in its address: nobody can make it say anything else.</summary>
internal static class Notes
{
    public const string Paused = "paused";
    public const string Resumed = "resumed";
    public const string NotConfirmed = "not-confirmed";
    public const string Expired = "expired";
    public const string Gone = "gone";
    public const string Replayed = "replayed";
    public const string Discarded = "discarded";
    public const string Erased = "erased";
    public const string NotSure = "not-sure";
    public const string More = "more";
    public const string NotRepairable = "not-repairable";

    public static string? TextOf(string? note) => note switch
    {
        Paused => "Paused: every silo stops delivering the project within 5 seconds. Its events are accepted and wait.",
        Resumed => "Resumed: every silo delivers the project again within 5 seconds.",
        NotConfirmed => "Not confirmed: the database did not answer, and it may or may not be done. Look at what the page says now, and try again.",
        Expired => "Nothing was done: the form was too old, or came from another browser. Try again.",
        Gone => "Nothing was done: it is not there any more.",
        Replayed => "Replayed: what was refused is at the end of its person's lane and will be sent again.",
        Discarded => "Discarded: gone for good.",
        Erased => "Erased, for ever. Whatever comes for them is refused from now on.",
        NotSure => "Nothing was done: tick the box first that says that all letters of this search are meant.",
        More => "Done with the first of them, and there are more: do the same again.",
        NotRepairable => "Nothing was done: a change of a profile is replayed as it is, or discarded.",
        _ => null,
    };
}
