namespace SpidOrleans.Facade;

/// <summary>Keeps looking for the first silo for as long as the host runs.</summary>
internal sealed partial class PatientConnect(TimeProvider clock, ILogger<PatientConnect> logger) : IClientConnectionRetryFilter
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(4);

    private TimeSpan _next = First;

    public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
    {
        if (_next == First) LogNoneYet(logger, exception.GetType().Name);
        // Jitter: facades that lost their silos together must not come back together.
        await Task.Delay(_next * (0.75 + (Random.Shared.NextDouble() / 2)), clock, cancellationToken);
        _next = _next * 2 < Longest ? _next * 2 : Longest;
        return true;
    }

    [LoggerMessage(EventId = 6003, Level = LogLevel.Warning, Message =
        "No silo answers yet ({Reason}); calls are answered 503 until one does")]
    private static partial void LogNoneYet(ILogger logger, string reason);
}
