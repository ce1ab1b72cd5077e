using System.Text.Json;

namespace SpidOrleans.TestKit.StandIn;

/// <summary>An /engage or /groups body: what is in it and what Mixpanel would refuse of it.</summary>
internal static class EngageBody
{
    /// <summary>Null arrival: Mixpanel would not take it.</summary>
    public sealed record Item(ProfileArrival? Arrival, string? Error);

    /// <exception cref="JsonException">Not a JSON array of objects.</exception>
    public static IReadOnlyList<Item> Parse(byte[] json, long request, bool ofGroups, Func<ProfileArrival, string?>? poison)
    {
        using var document = JsonDocument.Parse(json);
        if (document.RootElement.ValueKind != JsonValueKind.Array) throw new JsonException("not an array");
        return [.. document.RootElement.EnumerateArray().Select(record => Read(record, request, ofGroups, poison))];
    }

    /// <summary>As with verbose=1: it says nothing of which.</summary>
    /// <param name="isErrorIfAnyIsBad">False: it is an error only if nothing was good. Mixpanel's pages say both.</param>
    public static byte[] Answer(IReadOnlyList<Item> items, bool isErrorIfAnyIsBad)
    {
        var isGood = isErrorIfAnyIsBad ? items.All(item => item.Error is null) : items.Any(item => item.Error is null);
        var error = items.Select(item => item.Error).FirstOrDefault(error => error is not null);
        return JsonSerializer.SerializeToUtf8Bytes(new { error = isGood ? null : error, status = isGood ? 1 : 0 });
    }

    private static Item Read(JsonElement record, long request, bool ofGroups, Func<ProfileArrival, string?>? poison)
    {
        if (record.ValueKind != JsonValueKind.Object) return new Item(null, "not an object");
        if (Text(record, "$token") is not { Length: > 0 } token) return new Item(null, "$token, missing or empty");
        var idName = ofGroups ? "$group_id" : "$distinct_id";
        if (Text(record, idName) is not { Length: > 0 } id) return new Item(null, $"{idName}, missing or empty");
        var groupKey = Text(record, "$group_key");
        if (ofGroups != groupKey is { Length: > 0 }) return new Item(null, "$group_key, missing, empty or out of place");
        if (ofGroups && Text(record, "$distinct_id") is not null) return new Item(null, "$distinct_id, out of place");
        string[] known = ["$set", "$set_once", "$add", "$append", "$union", "$remove", "$unset", "$delete"];
        if (record.EnumerateObject().Where(member => known.Contains(member.Name)).ToList() is not [var operation])
            return new Item(null, "not exactly one operation");

        var arrival = new ProfileArrival
        {
            Request = request,
            Token = token,
            DistinctId = id,
            GroupKey = groupKey,
            Operation = operation.Name,
            Argument = operation.Value.GetRawText(),
            Json = record.GetRawText(),
        };
        return poison?.Invoke(arrival) is { } message ? new Item(null, message) : new Item(arrival, null);
    }

    private static string? Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
