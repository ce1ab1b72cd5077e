using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using SpidOrleans.Mixpanel.Preview;

namespace SpidOrleans.UnitTests.Mixpanel;

/// <summary>Events as Mixpanel takes them, and the preview that they go to.</summary>
internal sealed class ImportJson
{
    public static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private int _insertIds;

    public ImportJson() => Preview = new PreviewProject(Clock);

    public FakeTimeProvider Clock { get; } = new(Now);

    public PreviewProject Preview { get; }

    /// <summary>A good event; each with an insert id of its own.</summary>
    public JsonObject Event(string name = "Page view", string? device = "d1", string? user = null)
    {
        var properties = new JsonObject { ["time"] = Now.ToUnixTimeMilliseconds(), ["$insert_id"] = $"id-{++_insertIds}" };
        if (device is not null) properties["$device_id"] = device;
        if (user is not null) properties["$user_id"] = user;
        return new JsonObject { ["event"] = name, ["properties"] = properties };
    }

    /// <summary>A good event with one property set, or removed when the value is not given.</summary>
    public JsonObject With(string property, JsonNode? value)
    {
        var item = Event();
        item["properties"]![property] = value;
        return item;
    }

    public JsonObject Without(string property)
    {
        var item = Event();
        item["properties"]!.AsObject().Remove(property);
        return item;
    }

    public PreviewAnswer Import(params JsonObject[] events) =>
        Preview.Import(Encoding.UTF8.GetBytes($"[{string.Join(',', events.Select(item => item.ToJsonString()))}]"));

    /// <summary>The field that an event is refused for; null when it is stored.</summary>
    public string? RefusedField(JsonObject item) => RefusedField(Import(item));

    public static string? RefusedField(PreviewAnswer answer)
    {
        using var json = JsonDocument.Parse(answer.Json);
        if (answer.StatusCode == 200) return null;
        var failed = json.RootElement.GetProperty("failed_records");
        return failed[0].GetProperty("field").GetString();
    }
}
