using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace SpidOrleans.Facade;

/// <summary>Red while no silo serves.</summary>
internal sealed class ClusterCheck(ClusterConnection connection) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(connection.IsServing ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("no silo serves"));
}
