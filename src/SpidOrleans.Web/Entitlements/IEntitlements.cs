using SpidOrleans.Contracts.Users;
using SpidOrleans.Web.Configuration;

namespace SpidOrleans.Web.Entitlements;

/// <summary>Knows who has which product. Asked for every answer about a product: to be quick, or to remember.</summary>
public interface IEntitlements
{
    /// <param name="client">Whose page asks.</param>
    /// <param name="productId">1 to 64 of <c>[A-Za-z0-9_-]</c>; nobody has one that does not exist.</param>
    ValueTask<Entitlement> FindAsync(Client client, UserId user, string productId, CancellationToken cancellationToken);
}

/// <param name="HasProduct">Bought or subscribed to.</param>
/// <param name="SubscriptionId">Of the running subscription; null: there is none.</param>
public sealed record Entitlement(bool HasProduct, string? SubscriptionId)
{
    public static readonly Entitlement None = new(false, null);
}
