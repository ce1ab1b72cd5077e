using Orleans.Concurrency;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts.Health;

namespace SpidOrleans.Cluster.Health;

/// <summary>A stateless worker, so that it runs on the very silo that was asked.</summary>
[StatelessWorker(maxLocalWorkers: 2)]
[GrainType("pulse")]
internal sealed class PulseGrain(IOutbox outbox) : Grain, IPulseGrain
{
    /// <summary>A database that takes longer is away.</summary>
    private static readonly TimeSpan CheckTimeout = TimeSpan.FromSeconds(2);

    public async Task<bool> IsServingAsync()
    {
        using var timeout = new CancellationTokenSource(CheckTimeout);
        try
        {
            await outbox.CheckAsync(timeout.Token).WaitAsync(timeout.Token);
            return true;
        }
        catch (Exception exception) when (exception is OutboxUnavailableException or OperationCanceledException)
        {
            return false;
        }
    }
}
