using System.Collections.Immutable;
using Orleans.Concurrency;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Intake;

namespace SpidOrleans.Cluster.Intake;

/// <summary>Serves on whichever silo a call reaches.</summary>
[GrainType("intake")]
[StatelessWorker]
[Reentrant]
internal sealed class IntakeGrain(SiloIntake intake) : Grain, IIntakeGrain
{
    public Task<IntakeResult> TrackAsync(EventSource source, ImmutableArray<IdentityEvents> events, bool fromBrowser) =>
        intake.TrackAsync(source, events, fromBrowser);
}
