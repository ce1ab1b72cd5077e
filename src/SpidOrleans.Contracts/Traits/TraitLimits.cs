namespace SpidOrleans.Contracts.Traits;

/// <summary>What one client may say of one person. Mixpanel takes fewer than 255 properties on an event: 200 are the sender's, 17 the
/// platform's.</summary>
public static class TraitLimits
{
    public const int CountMax = 32;

    public const int NameCharsMax = 255;

    /// <summary>Of a string: Mixpanel would cut a longer one.</summary>
    public const int TextCharsMax = 255;

    /// <summary>Of a list.</summary>
    public const int EntriesMax = 100;

    /// <summary>Of one value in JSON.</summary>
    public const int ValueBytesMax = 2_048;

    /// <summary>Of all names and values of one client together, in JSON: they leave with every event.</summary>
    public const int BytesMax = 16_384;

    /// <summary>Clients whose traits one person has; whoever has said nothing for longest gives way.</summary>
    public const int ClientsMax = 100;

    /// <summary>Names remembered as taken away, the latest: so many cannot be brought back by something older.</summary>
    public const int RemovedMax = 32;
}
