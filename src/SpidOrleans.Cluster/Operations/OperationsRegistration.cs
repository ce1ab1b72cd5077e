using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts.Operations;

namespace SpidOrleans.Cluster.Operations;

/// <summary>What the console of a silo stands on.</summary>
internal static class OperationsRegistration
{
    /// <summary>What looks on, beside the outbox.</summary>
    public static void AddObservation(this IServiceCollection services)
    {
        services.TryAddSingleton(new JournalOptions());
        services.AddSingleton<Traffic>();
        services.AddSingleton<DeliveryBoard>();
        services.AddSingleton<EventJournal>();
        services.AddSingleton<LiveViews>();
        services.AddSingleton<OperationsWatch>();
        services.AddSingleton<IOutboxWatch>(provider => provider.GetRequiredService<OperationsWatch>());
        services.AddSingleton(provider => (IOutboxInspection)provider.GetRequiredService<IOutboxEngine>());
    }

    /// <summary>What asks all silos, and what stops projects.</summary>
    public static void AddOperations(this IServiceCollection services)
    {
        services.AddSingleton<ProjectHalts>();
        services.AddSingleton<SiloObservation>();
        services.AddSingleton<OperationsServiceClient>();
        services.AddSingleton<ClusterOperations>();
        services.AddSingleton<IOperations>(provider => provider.GetRequiredService<ClusterOperations>());
    }
}
