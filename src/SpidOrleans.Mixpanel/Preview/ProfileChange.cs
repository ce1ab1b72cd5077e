using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SpidOrleans.Mixpanel.Preview;

/// <summary>One object of <c>/engage</c>: whose profile, and one operation on it. Pure.</summary>
/// <param name="Operation">Such as <c>$set</c>.</param>
/// <param name="IsPresence">True unless <c>$ignore_time</c> says that the person need not be there.</param>
internal sealed record ProfileChange(string DistinctId, string Operation, JsonElement Argument, bool IsPresence)
{
    public const int PropertiesMax = 2_000;

    private static readonly string[] Operations = ["$set", "$set_once", "$unset", "$delete"];

    /// <returns>The change, or else the first thing wrong with it.</returns>
    public static ProfileChange? Read(JsonElement item, out string? error)
    {
        try
        {
            error = Check(item, out var change);
            return change;
        }
        catch (InvalidOperationException)
        {
            // How System.Text.Json says that a string holds half of a surrogate pair.
            error = "string should be valid utf8";
            return null;
        }
    }

    /// <summary>The profile after this; null: there is none any more.</summary>
    public JsonObject? Apply(JsonObject before)
    {
        if (Operation == "$delete") return null;
        if (Operation == "$unset")
        {
            foreach (var name in Argument.EnumerateArray()) before.Remove(name.GetString()!);
            return before;
        }

        foreach (var property in Argument.EnumerateObject())
        {
            if (Operation == "$set_once" && before.ContainsKey(property.Name)) continue;
            before[property.Name] = JsonNode.Parse(property.Value.GetRawText());
        }

        return before;
    }

    private static string? Check(JsonElement item, out ProfileChange? change)
    {
        change = null;
        if (item.ValueKind != JsonValueKind.Object) return "record must be a JSON object";
        if (JsonMarshal.GetRawUtf8Value(item).Length > ImportLimits.EventBytesMax) return "record must be smaller than 1 MB";
        if (Text(item, "$token") is not { Length: > 0 }) return "$token, missing or empty";
        if (Text(item, "$distinct_id") is not { Length: > 0 and <= ImportLimits.IdCharsMax } id) return "$distinct_id, missing or empty";
        var operations = Operations.Where(name => item.TryGetProperty(name, out _)).ToList();
        if (operations is not [var operation]) return "record must have exactly one operation";

        var argument = item.GetProperty(operation);
        var isSound = operation switch
        {
            "$delete" => true,
            "$unset" => argument.ValueKind == JsonValueKind.Array && argument.EnumerateArray().All(name => name.ValueKind == JsonValueKind.String),
            _ => argument.ValueKind == JsonValueKind.Object && argument.GetPropertyCount() <= PropertiesMax,
        };
        if (!isSound) return $"{operation} is invalid";
        var ignoresTime = item.TryGetProperty("$ignore_time", out var ignore) && ignore.ValueKind == JsonValueKind.True;
        change = new ProfileChange(id, operation, argument, !ignoresTime);
        return null;
    }

    private static string? Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
