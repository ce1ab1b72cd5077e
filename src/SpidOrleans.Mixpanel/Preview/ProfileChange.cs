using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SpidOrleans.Mixpanel.Preview;

/// <summary>One object of <c>/engage</c> or <c>/groups</c>: whose profile, and one operation on it. Pure.</summary>
/// <param name="Id">The distinct id, or the group's.</param>
/// <param name="GroupKey">Null: a person's.</param>
/// <param name="Operation">Such as <c>$set</c>.</param>
/// <param name="IsPresence">True unless <c>$ignore_time</c> says that the person need not be there.</param>
internal sealed record ProfileChange(string Id, string? GroupKey, string Operation, JsonElement Argument, bool IsPresence)
{
    public const int PropertiesMax = 2_000;

    private static readonly string[] Operations = ["$set", "$set_once", "$add", "$append", "$union", "$remove", "$unset", "$delete"];

    /// <returns>The change, or else the first thing wrong with it.</returns>
    public static ProfileChange? Read(JsonElement item, bool ofGroups, out string? error)
    {
        try
        {
            error = Check(item, ofGroups, out var change);
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

        foreach (var property in Argument.EnumerateObject()) Apply(before, property.Name, JsonNode.Parse(property.Value.GetRawText()));
        return before;
    }

    private void Apply(JsonObject profile, string name, JsonNode? value)
    {
        var had = profile[name];
        switch (Operation)
        {
            case "$set_once" when profile.ContainsKey(name): break;
            case "$set" or "$set_once": profile[name] = value; break;
            case "$add": profile[name] = (had is JsonValue number && number.TryGetValue<double>(out var sum) ? sum : 0) + value!.GetValue<double>(); break;
            case "$append": ListOf(profile, name).Add(value); break;
            case "$union":
                var list = ListOf(profile, name);
                foreach (var item in value!.AsArray())
                {
                    if (!list.Any(known => JsonNode.DeepEquals(known, item))) list.Add(item?.DeepClone());
                }

                break;
            case "$remove" when had is JsonArray items && items.FirstOrDefault(item => JsonNode.DeepEquals(item, value)) is { } found: items.Remove(found); break;
        }
    }

    private static JsonArray ListOf(JsonObject profile, string name)
    {
        if (profile[name] is JsonArray list) return list;
        var fresh = new JsonArray();
        profile[name] = fresh;
        return fresh;
    }

    private static string? Check(JsonElement item, bool ofGroups, out ProfileChange? change)
    {
        change = null;
        if (item.ValueKind != JsonValueKind.Object) return "record must be a JSON object";
        if (JsonMarshal.GetRawUtf8Value(item).Length > ImportLimits.EventBytesMax) return "record must be smaller than 1 MB";
        if (Text(item, "$token") is not { Length: > 0 }) return "$token, missing or empty";
        // A person's id where a group is meant is refused, and the other way round.
        var idName = ofGroups ? "$group_id" : "$distinct_id";
        if (Text(item, idName) is not { Length: > 0 and <= ImportLimits.IdCharsMax } id) return $"{idName}, missing or empty";
        var groupKey = Text(item, "$group_key");
        if (ofGroups && groupKey is not { Length: > 0 and <= ImportLimits.IdCharsMax }) return "$group_key, missing or empty";
        if (ofGroups && item.TryGetProperty("$distinct_id", out _)) return "$distinct_id, must not be given";
        var operations = Operations.Where(name => item.TryGetProperty(name, out _)).ToList();
        if (operations is not [var operation]) return "record must have exactly one operation";

        var argument = item.GetProperty(operation);
        var isSound = operation switch
        {
            "$delete" => true,
            "$unset" => argument.ValueKind == JsonValueKind.Array && argument.EnumerateArray().All(name => name.ValueKind == JsonValueKind.String),
            _ => argument.ValueKind == JsonValueKind.Object && argument.GetPropertyCount() <= PropertiesMax && argument.EnumerateObject().All(property => operation switch
            {
                "$add" => property.Value.ValueKind == JsonValueKind.Number,
                "$union" => property.Value.ValueKind == JsonValueKind.Array,
                _ => !IsNested(property.Value) || JsonMarshal.GetRawUtf8Value(property.Value).Length <= ImportLimits.ProfileValueBytesMax,
            }),
        };
        if (!isSound) return $"{operation} is invalid";
        var ignoresTime = item.TryGetProperty("$ignore_time", out var ignore) && ignore.ValueKind == JsonValueKind.True;
        change = new ProfileChange(id, ofGroups ? groupKey : null, operation, argument, !ignoresTime);
        return null;
    }

    private static bool IsNested(JsonElement value) => value.ValueKind is JsonValueKind.Array or JsonValueKind.Object;

    private static string? Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
