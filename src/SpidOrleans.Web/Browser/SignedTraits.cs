using System.Collections.Immutable;
using System.Text.Json;
using SpidOrleans.Contracts.Traits;
using SpidOrleans.Mixpanel.Rules;
using SpidOrleans.Web.Configuration;
using SpidOrleans.Web.Reading;

namespace SpidOrleans.Web.Browser;

/// <summary>
/// Traits that a client's back end has signed for its page to hand in. The time that they name is theirs for good: shown again, or
/// late, they never take the place of anything that was said after it. So within the hour a repeat does no harm, on whatever silo.
/// </summary>
/// <remarks>SPiD's signature names nobody: whoever is given one may show it for another browser of his. Traits describe, they prove nothing.
/// What we sign for clients (<see cref="SessionAnswer"/>) has no <c>t</c>, and so never passes for traits.</remarks>
internal static class SignedTraits
{
    /// <summary>Before and after the time that they name.</summary>
    public static readonly TimeSpan GoodFor = TimeSpan.FromHours(1);

    public const string UnsignedRule = "The traits are not signed with the client's sign secret.";
    public const string TimeRule = "The signed traits must name t, the Unix time in seconds, not more than an hour from now.";

    private const string Time = "t";
    private const string Algorithm = "algorithm";

    /// <param name="text"><c>S.P</c>, as the page has it from its back end.</param>
    /// <param name="fault">Why they are refused; null: they are not.</param>
    public static ImmutableArray<Trait> Read(Client client, string? text, DateTimeOffset now, out string? fault)
    {
        fault = UnsignedRule;
        if (client.SignSecret is not { } secret) return [];
        if (!SignedText.TryVerify([secret, .. client.FormerSignSecrets], text, out var payload)) return [];

        try
        {
            return Read(payload.Value, now, out fault);
        }
        catch (InvalidOperationException)
        {
            // How System.Text.Json says that a name is not Unicode.
            fault = EventRules.SurrogateRule;
            return [];
        }
    }

    private static ImmutableArray<Trait> Read(JsonElement payload, DateTimeOffset now, out string? fault)
    {
        fault = TimeRule;
        if (!payload.TryGetProperty(Time, out var named) || named.ValueKind != JsonValueKind.Number || !named.TryGetDouble(out var seconds)) return [];
        var distance = seconds - now.ToUnixTimeMilliseconds() / 1_000.0;
        if (!(Math.Abs(distance) <= GoodFor.TotalSeconds)) return [];
        return TraitsReader.Read(payload, (long)Math.Floor(seconds * 1_000), name => name is Time or Algorithm, out fault);
    }
}
