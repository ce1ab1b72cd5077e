using System.Diagnostics;

namespace SpidOrleans.UnitTests.Outbox;

internal static class Listening
{
    /// <summary>Samples everything of these sources.</summary>
    public static ActivityListener To(params string[] sources) => To(_ => { }, sources);

    /// <param name="ended">Gets each span when it ends.</param>
    public static ActivityListener To(Action<Activity> ended, params string[] sources)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => sources.Contains(source.Name),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = ended,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }
}
