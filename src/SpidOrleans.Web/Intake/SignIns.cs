using SpidOrleans.Contracts;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.Web.Admission;

namespace SpidOrleans.Web.Intake;

/// <summary>Logins, registrations and logouts, for whoever may speak for the visitor.</summary>
public sealed class SignIns(IGrainFactory grains, AddressPrivacy addresses)
{
    public const string LoginEvent = "Login";

    public const string RegistrationEvent = "Signup completed";

    /// <exception cref="ClusterUnavailableException">The grain did not answer.</exception>
    public Task<LoginResult> LoginAsync(VisitorId visitor, LoginRequest request) =>
        ClusterCall.OrUnavailableAsync(() => grains.GetVisitor(visitor).LoginAsync(request with { Event = addresses.Of(request.Event) }), isRepeatable: request.Event.InsertId is not null);

    /// <inheritdoc cref="LoginAsync"/>
    public Task<LogoutResult> LogoutAsync(VisitorId visitor, LogoutRequest request) =>
        ClusterCall.OrUnavailableAsync(() => grains.GetVisitor(visitor).LogoutAsync(request with { Ip = addresses.Of(request.Ip) }));

    internal static LoginRequest Request(EventSource source, UserId user, TrackedEvent login) =>
        new() { UserId = user, Source = source, Event = login };
}
