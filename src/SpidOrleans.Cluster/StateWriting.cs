using Microsoft.Extensions.Logging;

namespace SpidOrleans.Cluster;

internal static partial class StateWriting
{
    /// <summary>Writes the next state, or the grain leaves: after a write of unknown outcome only the stored state is to be
    /// believed.</summary>
    /// <exception cref="Exception">The write's; the caller is to try again.</exception>
    public static async Task WriteAsync<TState>(this IGrainBase grain, IPersistentState<TState> state, TState next, ILogger logger)
    {
        var before = state.State;
        state.State = next;
        try
        {
            await state.WriteStateAsync();
        }
        catch (Exception exception)
        {
            state.State = before;
            grain.DeactivateOnIdle();
            LogNotWritten(logger, exception.GetBaseException().GetType().Name);
            throw;
        }
    }

    [LoggerMessage(EventId = 2201, Level = LogLevel.Warning, Message =
        "A state was not confirmed as stored ({Reason}); the grain reloads it and its caller is told to try again")]
    private static partial void LogNotWritten(ILogger logger, string reason);
}
