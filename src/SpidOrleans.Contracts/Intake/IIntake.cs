using System.Collections.Immutable;
using SpidOrleans.Contracts.Events;

namespace SpidOrleans.Contracts.Intake;

/// <summary>Where events enter the cluster, by whichever process took the request.</summary>
public interface IIntake
{
    /// <summary>Appends events to the lanes of their identities; returns once all are durable. Identities are served side by side.</summary>
    /// <param name="source">The sender and with it the project.</param>
    /// <param name="events">At least one; each identity once.</param>
    /// <param name="fromBrowser">See <see cref="Visitors.IVisitorGrain.TrackAsync"/>.</param>
    Task<IntakeResult> TrackAsync(EventSource source, ImmutableArray<IdentityEvents> events, bool fromBrowser = false);
}
