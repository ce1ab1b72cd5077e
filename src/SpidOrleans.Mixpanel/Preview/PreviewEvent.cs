using System.Text.Json;

namespace SpidOrleans.Mixpanel.Preview;

/// <summary>An event that arrived, as Mixpanel would show it at the moment of asking.</summary>
/// <param name="Sequence">Its place in the order of arrival, from 1.</param>
/// <param name="DeviceId">As sent; null when absent. Under Original ID Merge the <c>distinct_id</c>, if it is a UUID v4.</param>
/// <param name="UserId">As sent; null when absent. Under Original ID Merge the <c>distinct_id</c>, if it is anything else.</param>
/// <param name="Person">The canonical id: the user, also for a device that was linked after this event; else <c>$device:…</c>, or
/// under Original ID Merge the id alone.</param>
/// <param name="Copies">How often it arrived; it counts once.</param>
/// <param name="Properties">Without ids, time and token.</param>
/// <param name="ArrivedAt">Its first arrival.</param>
/// <param name="IdentityFailure">Mixpanel's <c>$identity_failure_reason</c> (Original: <c>$failure_reason</c>); null when the ids could be followed.</param>
public sealed record PreviewEvent(
    long Sequence, string Event, long TimeMs, string InsertId, string? DeviceId, string? UserId, string Person, int Copies,
    JsonElement Properties, DateTimeOffset ArrivedAt, string? IdentityFailure);
