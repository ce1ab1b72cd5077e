namespace SpidOrleans.Web.Admission;

/// <summary>Calls to grains, from outside the cluster: what becomes of those that a silo's leaving has cut off.</summary>
internal static class ClusterCall
{
    /// <summary>Of one call. A silo that stops in order is gone by then, and nobody's request need fail for it.</summary>
    private const int RepeatsMax = 5;

    /// <summary>Doubles with each repeat: a second and a half in all.</summary>
    private static readonly TimeSpan RepeatAfter = TimeSpan.FromMilliseconds(50);

    /// <summary>Whoever has waited longer already is told so rather than kept waiting for a repeat.</summary>
    private static readonly TimeSpan RepeatWithin = TimeSpan.FromSeconds(6);

    /// <summary>A repeated call's time ends here, counted from the first: nobody waits longer than ten seconds.</summary>
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(9);

    /// <summary>Whatever makes a grain call fail, the caller is to try again: arguments are checked before it is made.
    /// Time-outs bound it.</summary>
    /// <param name="isRepeatable">False where carrying it out twice would be another thing than once: it is not known
    /// whether the call that failed was carried out.</param>
    /// <exception cref="ClusterUnavailableException">The call failed; its outcome is unknown.</exception>
    public static async Task<T> OrUnavailableAsync<T>(Func<Task<T>> call, bool isRepeatable = true)
    {
        var startedAt = TimeProvider.System.GetTimestamp();
        for (var repeats = 0; ; repeats++)
        {
            try
            {
                // Orleans' time-out bounds the first, which nearly always is the only one.
                return await (repeats == 0 ? call() : call().WaitAsync(AnswerWithin - TimeProvider.System.GetElapsedTime(startedAt)));
            }
            catch (Exception exception)
            {
                var isWorthwhile = isRepeatable && repeats < RepeatsMax && IsLeaving(exception)
                    && TimeProvider.System.GetElapsedTime(startedAt) < RepeatWithin;
                if (!isWorthwhile) throw new ClusterUnavailableException("a grain call failed", exception);
            }

            await Task.Delay(RepeatAfter * (1 << repeats));
        }
    }

    /// <inheritdoc cref="OrUnavailableAsync{T}"/>
    public static Task OrUnavailableAsync(Func<Task> call) => OrUnavailableAsync(async () =>
    {
        await call();
        return true;
    });

    /// <summary>The grain's silo is going or gone: another one has the grain at once, or soon.</summary>
    private static bool IsLeaving(Exception exception) => exception is SiloUnavailableException or OrleansMessageRejectionException;
}
