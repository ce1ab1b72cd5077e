using Microsoft.Extensions.Diagnostics.HealthChecks;
using SpidOrleans.Cluster.Outbox;

namespace SpidOrleans.Silo;

/// <summary>Asks the database for a sign of life; whoever asks bounds the wait.</summary>
internal sealed class OutboxCheck(IOutbox outbox) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await outbox.CheckAsync(cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (OutboxUnavailableException exception)
        {
            return HealthCheckResult.Unhealthy("the database is away", exception);
        }
    }
}
