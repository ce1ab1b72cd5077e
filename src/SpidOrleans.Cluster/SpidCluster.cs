using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Streams;
using SpidOrleans.Cluster.Consent;
using SpidOrleans.Cluster.DeadLetters;
using SpidOrleans.Cluster.Emission;
using SpidOrleans.Cluster.Erasure;
using SpidOrleans.Cluster.Intake;
using SpidOrleans.Cluster.Lanes;
using SpidOrleans.Cluster.Operations;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Cluster.Placement;
using SpidOrleans.Cluster.Telemetry;
using SpidOrleans.Cluster.Visitors;
using SpidOrleans.Contracts.Intake;

namespace SpidOrleans.Cluster;

/// <summary>Registration, in the order in which the host must start it and stop it in reverse.</summary>
public static class SpidCluster
{
    /// <summary>The grain storage provider that visitors and users are kept in.</summary>
    public const string StateProvider = "state";

    /// <summary>The name that visitors' states are stored under, with the visitor's identity as key.</summary>
    public const string VisitorState = "visitor";

    /// <summary>The name that users' states are stored under.</summary>
    public const string UserState = "user";

    /// <summary>The outbox. To be added before Orleans, so that it stops after it: grains may append until they are gone.
    /// Needs an <see cref="IOutboxEngine"/>.</summary>
    public static IServiceCollection AddSpidOutbox(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddKeyedSingleton(EmissionLimits.Clock, TimeProvider.System);
        services.AddMetrics();
        services.AddSingleton<OutboxMetrics>();
        // From the start: whoever watches is to find 0 rather than nothing.
        services.AddActivatedSingleton<DeliveryMetrics>();
        services.AddSingleton<BacklogMetrics>();
        services.AddSingleton<GroupCommitOutbox>();
        services.AddSingleton<IOutbox>(provider => provider.GetRequiredService<GroupCommitOutbox>());
        services.AddHostedService(provider => provider.GetRequiredService<GroupCommitOutbox>());
        services.AddSingleton<IDeletionStore>(provider => provider.GetRequiredService<GroupCommitOutbox>());
        services.AddSingleton<IDeadLetterStore>(provider => provider.GetRequiredService<GroupCommitOutbox>());
        services.AddSingleton<IHeldEventStore>(provider => provider.GetRequiredService<GroupCommitOutbox>());
        services.AddSingleton<DeadLetterMeter>();
        services.AddObservation();
        services.AddSingleton<OutboxBell>();
        services.AddSingleton<IOutboxBell>(provider => provider.GetRequiredService<OutboxBell>());
        return services;
    }

    /// <summary>What grains stand on: where they are, the lanes in use, and the stream that wakes the emitters.</summary>
    public static ISiloBuilder AddSpidGrains(this ISiloBuilder silo) => silo
        .ConfigureServices(services =>
        {
            services.AddPlacementDirector<KeyPlacement, KeyPlacementDirector>();
            services.AddSingleton<SiloRing>();
            services.AddSingleton<Erasures>();
            services.AddSingleton<VisitorLanes>();
            services.AddSingleton<VisitorServices>();
            services.AddHostedService(provider => provider.GetRequiredService<VisitorLanes>());
            services.AddSingleton<LaneServiceClient>();
            services.AddOperations();
            services.AddActivatedSingleton<LaneMetrics>();
            services.AddSingleton<SiloIntake>();
            services.AddSingleton<IIntake>(provider => provider.GetRequiredService<SiloIntake>());
        })
        .AddGrainService<LaneService>()
        .AddGrainService<OperationsService>()
        .AddMemoryStreams(OutboxBell.StreamName, streams =>
        {
            streams.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly);
            streams.ConfigurePullingAgent(agent => agent.Configure(options =>
                options.GetQueueMsgsTimerPeriod = EmissionLimits.RingInterval));
            // Rings are few and tiny; a queue each for two cores is plenty.
            streams.ConfigurePartitioning(2);
        });

    /// <summary>What rings and sweeps. To be added after Orleans, whose silo it needs.</summary>
    public static IServiceCollection AddSpidEmission(this IServiceCollection services)
    {
        services.AddHostedService(provider => provider.GetRequiredService<ProjectHalts>());
        services.AddHostedService(provider => provider.GetRequiredService<OutboxBell>());
        services.AddHostedService<OutboxSweep>();
        services.AddHostedService<BacklogWatch>();
        services.AddHostedService<DeadLetterWatch>();
        services.AddHostedService<DeletionSweep>();
        services.AddHostedService(provider => provider.GetRequiredService<SiloObservation>());
        services.AddHostedService<HeldEventSweep>();
        return services;
    }
}
