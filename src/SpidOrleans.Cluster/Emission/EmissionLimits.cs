using SpidOrleans.Contracts.Settings;

namespace SpidOrleans.Cluster.Emission;

/// <summary>The emitters' bounds.</summary>
public static class EmissionLimits
{
    /// <summary>The key of the <see cref="TimeProvider"/> that pauses are taken on: tests of retries let it run faster.</summary>
    public const string Clock = "emission";

    /// <summary>Events per request: Mixpanel's own ceiling.</summary>
    public const int BatchEventsMax = 2_000;

    /// <summary>Payload bytes per request: Mixpanel takes 10 MB uncompressed; commas and brackets need their room.</summary>
    public const int BatchBytesMax = 10_000_000 - BatchEventsMax - 2;

    /// <summary>Payload bytes of a project in a rolling minute: Mixpanel's ceiling of 2 GB, uncompressed, and in proportion more where it
    /// takes more events.</summary>
    public static double BytesPerMinute(int eventsPerSecond) => 2e9 * Math.Max(1.0, eventsPerSecond / (double)ProjectSettings.EventsPerSecondDefault);

    /// <summary>A batch smaller than this is followed by a pause, so that the next gathers more: under load a request of a
    /// few events costs the two cores nearly what one of hundreds does.</summary>
    public const int BatchEventsWorthwhile = 1_000;

    /// <summary>That pause. A person looking at a live view does not notice it.</summary>
    public static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(150);

    /// <summary>Between two sweeps for shards whose bell was lost.</summary>
    public static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(3);

    /// <summary>Between two rings of one shard: a ring per commit would cost more than the commits.</summary>
    public static readonly TimeSpan RingInterval = TimeSpan.FromMilliseconds(25);

    /// <summary>Between two looks whether Mixpanel takes our credentials again.</summary>
    public static readonly TimeSpan UnauthorisedPause = TimeSpan.FromMinutes(5);

    /// <summary>Between two batches of a shard while its project may have no more dead letters.</summary>
    public static readonly TimeSpan LettersFullPause = TimeSpan.FromMinutes(1);

    /// <summary>Between two looks whether a project that somebody has paused is to go on.</summary>
    public static readonly TimeSpan HaltedPause = TimeSpan.FromSeconds(1);

    /// <summary>How long an emitter that another silo should have waits for its move before it delivers where it is.</summary>
    public static readonly TimeSpan MovePatience = TimeSpan.FromSeconds(30);
}
