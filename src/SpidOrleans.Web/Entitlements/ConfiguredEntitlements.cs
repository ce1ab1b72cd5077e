using SpidOrleans.Contracts.Users;
using SpidOrleans.Web.Configuration;

namespace SpidOrleans.Web.Entitlements;

/// <summary>Section <c>Entitlements</c>: for few users, tests and demonstrations.</summary>
internal sealed class ConfiguredEntitlements(SpidSettings settings) : IEntitlements
{
    public ValueTask<Entitlement> FindAsync(Client client, UserId user, string productId, CancellationToken cancellationToken) =>
        ValueTask.FromResult(settings.Products.TryGetValue(productId, out var product) ? Find(product, user, productId) : Entitlement.None);

    private static Entitlement Find(ProductSettings product, UserId user, string productId) =>
        product.Subscribers.Contains(user) ? new Entitlement(true, product.SubscriptionId ?? productId)
        : product.Users.Contains(user) ? new Entitlement(true, null)
        : Entitlement.None;
}
