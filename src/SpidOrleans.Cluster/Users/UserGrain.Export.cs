using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts.Users;

namespace SpidOrleans.Cluster.Users;

internal sealed partial class UserGrain
{
    private const int PageRowsMax = 1_000;
    private const int PageBytesMax = 2 << 20;

    public async Task<UserExport> ExportAsync(string clientId) => new()
    {
        Profile = state.State.Profile,
        Agreements = state.State.Agreements,
        Traits = TraitsOf(clientId),
        Visitors = [.. await outbox.ReadVisitorsAsync(_id, CancellationToken.None)],
        IsTrackingRefused = IsTrackingRefused,
        IsErased = await IsErasedAsync(),
    };

    public async Task<PendingPage> ReadPendingAsync(string project, bool ofProfile, long after)
    {
        var lane = ofProfile ? LaneOf(project) with { Identity = _id.ProfileKey } : LaneOf(project);
        var rows = await outbox.ReadPendingAsync(lane, after, PageRowsMax, PageBytesMax, CancellationToken.None);
        return new PendingPage { Payloads = [.. rows.Select(row => OutboxPayload.Unmarked(row.Payload))], Next = rows.Count == 0 ? null : rows[^1].Position };
    }
}
