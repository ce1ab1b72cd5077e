namespace SpidOrleans.Facade;

/// <summary>Ends a call when the last silo is gone: Orleans would wait for its answer until the time-out. While other silos are
/// connected, nobody can tell which of them owed the answer.</summary>
internal sealed class LostCallFilter(GatewayCount gateways) : IOutgoingGrainCallFilter
{
    public async Task Invoke(IOutgoingGrainCallContext context)
    {
        // A call that finds no connection makes one, and is refused if it cannot.
        if (!gateways.IsAny)
        {
            await context.Invoke();
            return;
        }

        var lost = gateways.Lost;
        try
        {
            await context.Invoke().WaitAsync(lost);
        }
        catch (OperationCanceledException) when (lost.IsCancellationRequested)
        {
            throw new SiloUnavailableException("the connection to the cluster was lost");
        }
    }
}
