namespace SpidOrleans.ClusterTests.Modelling;

/// <summary>One thing that happens. Browsers and persons are small numbers, so that steps meet.</summary>
public abstract record Step
{
    /// <summary>The browser's current visitor does something.</summary>
    /// <param name="Count">1 to 5 events in one call.</param>
    /// <param name="Clock">Which time the sender names.</param>
    public sealed record Track(int Browser, int Project, int Count, SenderClock Clock) : Step;

    /// <summary>A back end that still holds the first visitor id this browser ever had.</summary>
    public sealed record TrackStale(int Browser, int Project) : Step;

    /// <summary>A back end that knows only the user.</summary>
    public sealed record TrackPerson(int Person, int Project) : Step;

    public sealed record Login(int Browser, int Person, int Project, bool Stale) : Step;

    public sealed record Logout(int Browser, int Project, bool Stale) : Step;

    /// <summary>The browser's person says whether to be tracked in it.</summary>
    public sealed record Consent(int Browser, bool Tracking, bool Stale) : Step;

    /// <summary>A back end knows whether the person wants to be tracked.</summary>
    public sealed record PersonsConsent(int Person, bool Tracking) : Step;

    /// <summary>An earlier event or login comes again, word for word.</summary>
    public sealed record Resend(int Which) : Step;

    /// <summary>The grains of a browser and a person lose their memory, as in a crash.</summary>
    public sealed record Forget(int Browser, int Person) : Step;

    /// <summary>Mixpanel's next answer.</summary>
    public sealed record Trouble(int Kind) : Step;
}

public enum SenderClock
{
    /// <summary>No time and no insert id: the server stamps both.</summary>
    None,
    Right,
    AnHourSlow,
    TenMinutesFast,
}
