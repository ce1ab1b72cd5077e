using System.Collections.Immutable;
using System.Text.RegularExpressions;
using SpidOrleans.Contracts.Users;

namespace SpidOrleans.Web.Configuration;

/// <summary>Section <c>Entitlements:{product_id}</c>: who has a product.</summary>
/// <param name="Users">They have bought it.</param>
/// <param name="Subscribers">They subscribe to it, and so have it.</param>
/// <param name="SubscriptionId">What the subscription is called; null: as the product.</param>
public sealed partial record ProductSettings(ImmutableHashSet<UserId> Users, ImmutableHashSet<UserId> Subscribers, string? SubscriptionId)
{
    public const string IdRule = "1 to 64 of A-Z, a-z, 0-9, '_' and '-'";

    [GeneratedRegex(@"\A[A-Za-z0-9_-]{1,64}\z")]
    public static partial Regex IdPattern { get; }

    internal static ProductSettings Read(SectionReader section)
    {
        var users = section.List("Users", "a user id", IsUserId);
        var subscribers = section.List("Subscribers", "a user id", IsUserId);
        var subscription = section.Text("SubscriptionId", IdRule, accepts: IdPattern.IsMatch);
        section.RefuseUnknown();
        return new ProductSettings(Parse(users), Parse(subscribers), subscription);
    }

    private static bool IsUserId(string text) => UserId.TryParse(text, out _);

    private static ImmutableHashSet<UserId> Parse(IEnumerable<string> ids) =>
        [.. ids.Select(text => UserId.TryParse(text, out var id) ? id : throw new ArgumentException(text))];
}
