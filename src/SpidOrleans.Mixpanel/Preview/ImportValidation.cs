using System.Runtime.InteropServices;
using System.Text.Json;
using SpidOrleans.Mixpanel.Delivery;

namespace SpidOrleans.Mixpanel.Preview;

/// <summary>Checks one event as <c>/import?strict=1</c> does. Pure.</summary>
internal static class ImportValidation
{
    private const string DeviceId = "$device_id";
    private const string UserId = "$user_id";
    private const string DistinctId = "distinct_id";
    private const string InsertId = "$insert_id";
    private const string Time = "time";
    private const string DevicePrefix = "$device:";
    private const string Identify = "$identify";

    /// <returns>The event, or else the first thing wrong with it.</returns>
    public static ImportRecord? Read(JsonElement item, int index, DateTimeOffset now, IdMerge merge, out FailedRecord failure)
    {
        var insertId = "";
        try
        {
            var fault = Check(item, now, merge == IdMerge.Original, ref insertId, out var record);
            failure = fault is { } found ? new FailedRecord(index, insertId, found.Field, found.Message) : default;
            return record;
        }
        catch (InvalidOperationException)
        {
            // How System.Text.Json says that a string holds half of a surrogate pair.
            failure = new FailedRecord(index, insertId, "properties", "'properties' is invalid: string should be valid utf8");
            return null;
        }
    }

    private static Fault? Check(JsonElement item, DateTimeOffset now, bool isOriginal, ref string insertId, out ImportRecord? record)
    {
        record = null;
        if (item.ValueKind != JsonValueKind.Object) return new Fault("event", "record must be a JSON object");
        var bytes = JsonMarshal.GetRawUtf8Value(item).Length;
        if (!item.TryGetProperty("properties", out var properties) || properties.ValueKind != JsonValueKind.Object)
            return new Fault("properties", "'properties' must be an object");
        insertId = Text(properties, InsertId) ?? "";
        if (bytes > ImportLimits.EventBytesMax) return new Fault("event", "'event' must be smaller than 1 MB");

        var name = Text(item, "event");
        if (string.IsNullOrWhiteSpace(name)) return new Fault("event", "'event' must not be missing or blank");
        if (name.Length > ImportLimits.NameCharsMax)
            return new Fault("event", $"'event' is invalid: must not be longer than {ImportLimits.NameCharsMax} characters");
        if (!properties.TryGetProperty(Time, out var time) || EventTime.ReadMs(time, now) is not { } timeMs)
            return new Fault("properties.time", "'properties.time' is invalid: must be specified as seconds since epoch");
        if (InsertIdFault(properties, insertId) is { } wrong) return new Fault(InsertId, $"'{InsertId}' {wrong}");
        foreach (var id in (ReadOnlySpan<string>)[DistinctId, DeviceId, UserId])
            if (IdFault(properties, id) is { } message) return new Fault("properties." + id, $"'properties.{id}' {message}");

        var (device, user) = isOriginal ? OriginalIdentity(properties) : Identity(properties);
        if (device is null && user is null)
            return new Fault("properties.distinct_id", "'properties.distinct_id' is invalid: must not be missing");
        if (PropertiesFault(properties) is { } fault) return fault;

        record = new ImportRecord(
            name, timeMs, insertId, device, user, properties.TryGetProperty("$ignore", out _), Own(properties))
        {
            IsOriginal = isOriginal,
            Joins = isOriginal && name == Identify ? (Text(properties, "$identified_id"), Text(properties, "$anon_id")) : default,
        };
        return null;
    }

    private static string? InsertIdFault(JsonElement properties, string insertId)
    {
        if (!properties.TryGetProperty(InsertId, out _)) return "must not be missing";
        if (insertId.Length is 0 or > ImportLimits.InsertIdCharsMax)
            return $"is invalid: must be a string of 1 to {ImportLimits.InsertIdCharsMax} bytes";
        foreach (var character in insertId)
            if (!char.IsAsciiLetterOrDigit(character) && character != '-')
                return "is invalid: must only contain alphanumeric or hyphen '-' characters";
        return ImportLimits.ForbiddenIds.Contains(insertId) ? "is invalid: is one of the disallowed ids" : null;
    }

    private static string? IdFault(JsonElement properties, string name)
    {
        if (!properties.TryGetProperty(name, out var value)) return null;
        if (value.ValueKind != JsonValueKind.String) return "is invalid: must be a string";
        var id = value.GetString()!;
        if (id.Length > ImportLimits.IdCharsMax) return $"is invalid: must not be longer than {ImportLimits.IdCharsMax} characters";
        return ImportLimits.ForbiddenIds.Contains(id) ? "is invalid: is one of the disallowed ids" : null;
    }

    /// <summary>
    /// A sent <c>distinct_id</c> counts only where the other two are absent. Empty is legal there (the event then belongs to
    /// nobody), while an empty <c>$device_id</c> or <c>$user_id</c> is as good as none.
    /// </summary>
    private static (string? Device, string? User) Identity(JsonElement properties)
    {
        var device = Text(properties, DeviceId) is { Length: > 0 } sentDevice ? sentDevice : null;
        var user = Text(properties, UserId) is { Length: > 0 } sentUser ? sentUser : null;
        if (device is not null || user is not null) return (device, user);
        var distinct = Text(properties, DistinctId);
        return distinct is not null && distinct.Length > DevicePrefix.Length
            && distinct.StartsWith(DevicePrefix, StringComparison.Ordinal)
                ? (distinct[DevicePrefix.Length..], null)
                : (null, distinct);
    }

    /// <summary>There <c>$device_id</c> and <c>$user_id</c> are properties like any other.</summary>
    private static (string? Device, string? User) OriginalIdentity(JsonElement properties)
    {
        var distinct = Text(properties, DistinctId);
        return PreviewClusters.IsAnonymous(distinct) ? (distinct, null) : (null, distinct);
    }

    private static Fault? PropertiesFault(JsonElement properties)
    {
        if (properties.GetPropertyCount() > ImportLimits.EntriesMax)
            return new Fault("properties", "'properties' is invalid: must have fewer than 255 properties");
        foreach (var property in properties.EnumerateObject())
        {
            var fault = NestedValue.Fault(property.Value);
            if (fault is not null) return new Fault("properties." + property.Name, $"'properties.{property.Name}' {fault}");
        }

        return null;
    }

    private static byte[] Own(JsonElement properties)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            foreach (var property in properties.EnumerateObject())
                if (property.Name is not (DeviceId or UserId or DistinctId or InsertId or Time or "token")) property.WriteTo(writer);
            writer.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static string? Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private readonly record struct Fault(string Field, string Message);
}
