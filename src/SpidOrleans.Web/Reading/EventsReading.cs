using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace SpidOrleans.Web.Reading;

/// <summary>The events of a request, or what is wrong with it: one invalid event refuses them all.</summary>
public sealed class EventsReading
{
    /// <summary>In the order of the request; empty unless <see cref="IsValid"/>. Their properties are slices of the body.</summary>
    public ImmutableArray<AddressedEvent> Events { get; init; } = [];

    /// <summary>A browser's client; null in a back end's body.</summary>
    public string? ClientId { get; init; }

    /// <summary>There are more events than one request may hold (413).</summary>
    public bool IsTooMany { get; init; }

    /// <summary>By place, such as <c>events[3].insertId</c>; null if all is well.</summary>
    public Dictionary<string, string[]>? Errors { get; init; }

    [MemberNotNullWhen(false, nameof(Errors))]
    public bool IsValid => Errors is null;
}
