using System.Collections.Immutable;
using SpidOrleans.Contracts.Events;

namespace SpidOrleans.Contracts.Intake;

/// <summary>The cluster's intake for processes outside of it: one call for a whole request. Any key will do; different ones
/// reach different silos.</summary>
[Alias("spid.intake")]
public interface IIntakeGrain : IGrainWithIntegerKey
{
    /// <inheritdoc cref="IIntake.TrackAsync"/>
    [Alias("Track")]
    Task<IntakeResult> TrackAsync(EventSource source, ImmutableArray<IdentityEvents> events, bool fromBrowser);
}
