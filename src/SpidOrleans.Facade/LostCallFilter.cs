namespace SpidOrleans.Facade;

/// <summary>Ends a call when the last silo is gone: Orleans would wait for its answer until the time-out. While other silos are
/// connected, nobody can tell which of them owed the answer.</summary>
internal sealed class LostCallFilter(GatewayCount gateways, TimeProvider clock) : IOutgoingGrainCallFilter
{
    /// <summary>Shorter than Orleans' own time-out, which is looked at once a second: so the caller has his answer within 10 s.</summary>
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(9);

    public async Task Invoke(IOutgoingGrainCallContext context)
    {
        var lost = gateways.Lost;
        try
        {
            await context.Invoke().WaitAsync(AnswerTimeout, clock, lost);
        }
        catch (OperationCanceledException) when (lost.IsCancellationRequested)
        {
            throw new SiloUnavailableException("the connection to the cluster was lost");
        }
    }
}
