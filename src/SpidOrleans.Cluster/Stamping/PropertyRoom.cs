using System.Text.Json;
using SpidOrleans.Mixpanel.Rules;

namespace SpidOrleans.Cluster.Stamping;

/// <summary>What may be added to an event so that it has no more properties than Mixpanel takes: the sender's own come first. Only events
/// in Mixpanel's own format can have so many that it matters.</summary>
internal struct PropertyRoom
{
    private int _left;
    private PlatformProperties _named;

    /// <param name="own">The sender's properties, an object or nothing.</param>
    public static PropertyRoom Beside(ReadOnlySpan<byte> own)
    {
        // Each property but the first has a comma before it: nearly every event is settled without reading it.
        if (own.Count((byte)',') < EventRules.PropertiesMax) return new PropertyRoom { _left = int.MaxValue };
        var room = new PropertyRoom { _left = EventRules.ImportedPropertiesMax };
        var reader = new Utf8JsonReader(own);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            room._left--;
            room._named |= PlatformPropertyNames.Find(ref reader);
            reader.Read();
            reader.Skip();
        }

        return room;
    }

    /// <summary>Takes the room for one more, unless it takes the place of the sender's.</summary>
    public bool TryTake(PlatformProperties property = PlatformProperties.None)
    {
        if ((_named & property) != 0) return true;
        if (_left <= 0) return false;
        _left--;
        return true;
    }
}
