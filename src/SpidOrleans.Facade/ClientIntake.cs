using System.Collections.Immutable;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Intake;

namespace SpidOrleans.Facade;

/// <summary>The cluster's intake, one call for a request, spread over the connected silos.</summary>
internal sealed class ClientIntake(IGrainFactory grains) : IIntake
{
    /// <summary>Orleans sends all calls with one key by one silo.</summary>
    private const int Keys = 256;

    private uint _calls;

    public Task<IntakeResult> TrackAsync(EventSource source, ImmutableArray<IdentityEvents> events, bool fromBrowser = false) =>
        grains.GetGrain<IIntakeGrain>(Interlocked.Increment(ref _calls) % Keys).TrackAsync(source, events, fromBrowser);
}
