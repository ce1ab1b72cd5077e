using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;

namespace SpidOrleans.Web.Reading;

/// <summary>An event and whom it names: a back end's names exactly one of the two, a browser's a visitor or nobody.</summary>
public readonly record struct AddressedEvent(VisitorId? VisitorId, UserId? UserId, TrackedEvent Event);
