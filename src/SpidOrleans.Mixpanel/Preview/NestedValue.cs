using System.Runtime.InteropServices;
using System.Text.Json;

namespace SpidOrleans.Mixpanel.Preview;

/// <summary>The limits of lists and objects in a property.</summary>
internal static class NestedValue
{
    /// <returns>What is wrong with the value; null when nothing is.</returns>
    public static string? Fault(JsonElement value)
    {
        if (!IsNested(value)) return null;
        return JsonMarshal.GetRawUtf8Value(value).Length > ImportLimits.NestedBytesMax
            ? $"must not be larger than {ImportLimits.NestedBytesMax} bytes"
            : Fault(value, level: 1, listed: false);
    }

    private static string? Fault(JsonElement value, int level, bool listed)
    {
        if (!IsNested(value)) return null;
        if (level > ImportLimits.LevelsMax) return $"must not be nested deeper than {ImportLimits.LevelsMax} levels";
        return value.ValueKind == JsonValueKind.Array ? ListFault(value, level) : ObjectFault(value, level, listed);
    }

    private static string? ListFault(JsonElement list, int level)
    {
        if (list.GetArrayLength() > ImportLimits.EntriesMax) return $"must not have more than {ImportLimits.EntriesMax} items";
        foreach (var item in list.EnumerateArray())
            if (Fault(item, level + 1, listed: true) is { } fault) return fault;
        return null;
    }

    private static string? ObjectFault(JsonElement value, int level, bool listed)
    {
        if (value.GetPropertyCount() > ImportLimits.EntriesMax) return $"must not have more than {ImportLimits.EntriesMax} keys";
        foreach (var property in value.EnumerateObject())
        {
            if (listed && IsNested(property.Value)) return "must not nest lists or objects in the objects of a list";
            if (Fault(property.Value, level + 1, listed: false) is { } fault) return fault;
        }

        return null;
    }

    private static bool IsNested(JsonElement value) => value.ValueKind is JsonValueKind.Array or JsonValueKind.Object;
}
