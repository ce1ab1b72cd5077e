using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using SpidOrleans.Contracts;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.Web.Admission;
using SpidOrleans.Web.Browser;

namespace SpidOrleans.Web.Ingestion;

/// <summary>Asks what <see cref="Addressing"/> must know of a browser that names somebody else than its cookie does.</summary>
internal sealed class AddressBook(IGrainFactory grains, IServiceProvider services)
{
    private static readonly IReadOnlySet<VisitorId> Nobody = ImmutableHashSet<VisitorId>.Empty;

    /// <exception cref="ClusterUnavailableException">A grain did not answer.</exception>
    public async Task<Addressing> LookUpAsync(Sender sender, IReadOnlyCollection<Claim> claims)
    {
        if (sender is { IsProven: true } or { Cookie: null }) return new Addressing(sender.IsProven, null, Nobody, null, null);

        var cookie = sender.Cookie.VisitorId;
        var others = claims.Where(claim => claim is { IsDevice: false, Visitor: { } named } && named != cookie).Select(claim => claim.Visitor!.Value).ToList();
        var own = others.Count == 0 ? null : await services.GetRequiredService<FormerVisitors>().FindOwnAsync(sender.Cookie, others);
        UserId? linked = claims.Any(claim => claim.User is not null)
            ? (await ClusterCall.OrUnavailableAsync(() => grains.GetVisitor(cookie).DescribeAsync(sender.Source.Project))).UserId
            : null;
        return new Addressing(false, cookie, own ?? Nobody, linked, own is null ? sender.Cookie.Digest : null);
    }
}
