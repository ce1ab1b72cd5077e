using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace SpidOrleans.UnitTests.Mixpanel;

public sealed class PreviewRulesTests
{
    private readonly ImportJson _json = new();

    [Theory]
    [InlineData(1, true)]
    [InlineData(255, true)]
    [InlineData(256, false)]
    [InlineData(0, false)]
    public void Name_OfOneTo255Characters_IsStored(int length, bool isStored) =>
        Assert.Equal(isStored ? null : "event", _json.RefusedField(_json.Event(new string('å', length))));

    [Fact]
    public void Name_ThatIsMissingBlankOrNoText_IsRefused()
    {
        var missing = _json.Event();
        missing.Remove("event");
        var number = _json.Event();
        number["event"] = 5;

        Assert.Equal("event", _json.RefusedField(missing));
        Assert.Equal("event", _json.RefusedField(number));
        Assert.Equal("event", _json.RefusedField(_json.Event(" \t")));
    }

    public static TheoryData<string, bool> Times => new()
    {
        { "31536000", true },
        { "31535999", false },
        { "31536000000", true },
        { "31535999999", false },
        { $"{ImportJson.Now.ToUnixTimeSeconds() + 3_600}", true },
        { $"{ImportJson.Now.ToUnixTimeSeconds() + 3_601}", false },
        { $"{ImportJson.Now.ToUnixTimeMilliseconds() + 3_600_000}", true },
        { $"{ImportJson.Now.ToUnixTimeMilliseconds() + 3_600_001}", false },
        { $"{ImportJson.Now.ToUnixTimeSeconds()}.123", true },
        { $"\"{ImportJson.Now.ToUnixTimeSeconds()}\"", false },
        { "\"2026-03-01T12:00:00Z\"", false },
        { "0", false },
        { "-1", false },
        { "1e300", false },
        { "null", false },
    };

    [Theory]
    [MemberData(nameof(Times))]
    public void Time_From1971ToOneHourAhead_IsStoredInSecondsAndMilliseconds(string time, bool isStored) =>
        Assert.Equal(isStored ? null : "properties.time", _json.RefusedField(_json.With("time", JsonNode.Parse(time))));

    [Theory]
    [InlineData("1772366400", 1_772_366_400_000)]
    [InlineData("1772366399.123", 1_772_366_399_123)]
    [InlineData("1772366399123", 1_772_366_399_123)]
    public void Time_InEitherUnit_IsShownInMilliseconds(string time, long expected)
    {
        _json.Import(_json.With("time", JsonNode.Parse(time)));

        Assert.Equal(expected, Assert.Single(_json.Preview.Latest(1)).TimeMs);
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("0b8f1c1e-7d5e-4f43-9c51-3a0f5f6f7a10", true)]
    [InlineData("0b8f1c1e-7d5e-4f43-9c51-3a0f5f6f7a10x", false)]
    [InlineData("", false)]
    [InlineData("with_underscore", false)]
    [InlineData("å", false)]
    [InlineData("None", false)]
    [InlineData("-1", false)]
    public void InsertId_OfUpTo36LettersDigitsAndHyphens_IsStored(string id, bool isStored) =>
        Assert.Equal(isStored ? null : "$insert_id", _json.RefusedField(_json.With("$insert_id", id)));

    [Fact]
    public void InsertId_AndTime_AreNeeded()
    {
        Assert.Equal("$insert_id", _json.RefusedField(_json.Without("$insert_id")));
        Assert.Equal("$insert_id", _json.RefusedField(_json.With("$insert_id", 17)));
        Assert.Equal("properties.time", _json.RefusedField(_json.Without("time")));
    }

    [Theory]
    [InlineData("$device_id")]
    [InlineData("$user_id")]
    [InlineData("distinct_id")]
    public void Id_OfAnyKind_IsEnoughUnlessForbiddenOrTooLong(string name)
    {
        JsonObject Only(JsonNode value)
        {
            var item = _json.Without("$device_id");
            item["properties"]![name] = value;
            return item;
        }

        Assert.Null(_json.RefusedField(Only("somebody")));
        Assert.Null(_json.RefusedField(Only(new string('i', 255))));
        foreach (var bad in (JsonNode[])[new string('i', 256), "undefined", "NULL", "00000000-0000-0000-0000-000000000000", "[]", 12])
            Assert.Equal("properties." + name, _json.RefusedField(Only(bad)));
    }

    [Fact]
    public void Ids_ThatAreAllAbsentOrEmpty_AreRefusedExceptTheEmptyDistinctId()
    {
        var empty = _json.Event(device: "", user: "");

        Assert.Equal("properties.distinct_id", _json.RefusedField(_json.Without("$device_id")));
        Assert.Equal("properties.distinct_id", _json.RefusedField(empty));
        empty["properties"]!["distinct_id"] = "";
        Assert.Null(_json.RefusedField(empty));
    }

    [Theory]
    [InlineData(254, true)]
    [InlineData(255, false)]
    public void Properties_FewerThan255_AreStored(int count, bool isStored)
    {
        var item = _json.Event();
        var properties = item["properties"]!.AsObject();
        for (var number = 0; properties.Count < count; number++) properties[$"p{number}"] = number;

        Assert.Equal(isStored ? null : "properties", _json.RefusedField(item));
    }

    [Theory]
    [InlineData(254, true)]
    [InlineData(255, false)]
    public void ListsAndObjects_OfFewerThan255Entries_AreStored(int count, bool isStored)
    {
        var expected = isStored ? null : "properties.p";
        var list = new JsonArray([.. Enumerable.Range(0, count).Select(number => (JsonNode)number)]);
        var map = new JsonObject(Enumerable.Range(0, count).Select(n => KeyValuePair.Create($"k{n}", (JsonNode?)n)));

        Assert.Equal(expected, _json.RefusedField(_json.With("p", list)));
        Assert.Equal(expected, _json.RefusedField(_json.With("p", map)));
    }

    [Theory]
    [InlineData("""{"a":{"b":{"c":1}}}""", true)]
    [InlineData("""{"a":{"b":{"c":{}}}}""", false)]
    [InlineData("[[[1]]]", true)]
    [InlineData("[[[[]]]]", false)]
    [InlineData("""{"a":{"b":[1]}}""", true)]
    [InlineData("""{"a":{"b":[{}]}}""", false)]
    [InlineData("""[{"a":1},{"b":"x"}]""", true)]
    [InlineData("""[{"a":{}}]""", false)]
    [InlineData("""[{"a":[]}]""", false)]
    [InlineData("""{"a":[{"b":1}]}""", true)]
    public void Nesting_OfThreeLevelsAndFlatObjectsInLists_IsStored(string value, bool isStored) =>
        Assert.Equal(isStored ? null : "properties.p", _json.RefusedField(_json.With("p", JsonNode.Parse(value))));

    [Theory]
    [InlineData(8_192, true)]
    [InlineData(8_193, false)]
    public void List_OfEightKilobytes_IsStored(int bytes, bool isStored) =>
        Assert.Equal(
            isStored ? null : "properties.p",
            _json.RefusedField(_json.With("p", new JsonArray(new string('x', bytes - """[""]""".Length)))));

    [Theory]
    [InlineData((1 << 20) - 1, true)]
    [InlineData(1 << 20, false)]
    public void Event_UnderOneMegabyte_IsStored(int bytes, bool isStored)
    {
        var item = _json.With("p", "");
        item["properties"]!["p"] = new string('x', bytes - item.ToJsonString().Length);
        Assert.Equal(bytes, item.ToJsonString().Length);

        Assert.Equal(isStored ? null : "event", _json.RefusedField(item));
    }

    [Theory]
    [InlineData(2_000, 200)]
    [InlineData(2_001, 413)]
    public void Request_OfTwoThousandEvents_IsTaken(int count, int status) =>
        Assert.Equal(status, _json.Import([.. Enumerable.Range(0, count).Select(_ => _json.Event())]).StatusCode);

    [Theory]
    [InlineData(10 << 20, 200)]
    [InlineData((10 << 20) + 1, 413)]
    public void Request_OfTenMegabytes_IsTaken(int bytes, int status)
    {
        var body = Encoding.UTF8.GetBytes($"[{_json.Event().ToJsonString()}]".PadRight(bytes));

        Assert.Equal(status, _json.Preview.Import(body).StatusCode);
    }

    [Theory]
    [InlineData("")]
    [InlineData("17")]
    [InlineData("[")]
    [InlineData("[{}")]
    [InlineData("[{},]")]
    [InlineData("[] []")]
    [InlineData("{} []")]
    [InlineData("{} 5")]
    [InlineData("<html>")]
    public void Body_ThatIsNeitherArrayNorLines_IsRefusedWithoutRecords(string body)
    {
        var answer = _json.Preview.Import(Encoding.UTF8.GetBytes(body));

        Assert.Equal(400, answer.StatusCode);
        Assert.False(JsonDocument.Parse(answer.Json).RootElement.TryGetProperty("failed_records", out _));
    }

    [Fact]
    public void Body_ThatIsADepthBombOrNoUtf8_IsRefused()
    {
        Assert.Equal(400, _json.Preview.Import(Encoding.UTF8.GetBytes(new string('[', 100_000))).StatusCode);
        Assert.Equal(400, _json.Preview.Import([(byte)'[', (byte)'"', 0xC3, 0x28, (byte)'"', (byte)']']).StatusCode);
    }

    [Fact]
    public void Text_WithHalfASurrogatePair_IsRefused()
    {
        var item = _json.Event("NAME").ToJsonString().Replace("NAME", "\\ud800", StringComparison.Ordinal);

        Assert.Equal("properties", ImportJson.RefusedField(_json.Preview.Import(Encoding.UTF8.GetBytes($"[{item}]"))));
    }

    [Fact]
    public void Body_OfOneObjectPerLine_IsTaken()
    {
        var body = $"{_json.Event("a").ToJsonString()}\n{_json.Event("b").ToJsonString()}\r\n";

        Assert.Equal(200, _json.Preview.Import(Encoding.UTF8.GetBytes(body)).StatusCode);
        Assert.Equal(["a", "b"], _json.Preview.Latest(5).Select(item => item.Event));
    }

    [Fact]
    public void Record_ThatIsNoObjectOrHasNoProperties_IsRefused()
    {
        Assert.Equal("event", ImportJson.RefusedField(_json.Preview.Import("[5]"u8)));
        Assert.Equal("properties", ImportJson.RefusedField(_json.Preview.Import("""[{"event":"a"}]"""u8)));
        Assert.Equal("properties", ImportJson.RefusedField(_json.Preview.Import("""[{"event":"a","properties":[]}]"""u8)));
    }

    [Fact]
    public void Answer_ToAMixedBatch_NamesTheBadOnesInMixpanelsShapeAndStoresTheOthers()
    {
        var answer = _json.Import(_json.Event("first"), _json.Event(" "), _json.With("time", "yesterday"), _json.Event("last"));

        Assert.Equal(400, answer.StatusCode);
        var expected = JsonNode.Parse("""
            {"code":400,"error":"some data points in the request failed validation","failed_records":[
              {"index":1,"insert_id":"id-2","field":"event","message":"'event' must not be missing or blank"},
              {"index":2,"insert_id":"id-3","field":"properties.time",
               "message":"'properties.time' is invalid: must be specified as seconds since epoch"}],
             "num_records_imported":2,"status":"Bad Request"}
            """);
        Assert.True(JsonNode.DeepEquals(expected, JsonNode.Parse(answer.Json.Span)));
        Assert.Equal(["first", "last"], _json.Preview.Latest(5).Select(item => item.Event));
    }

    [Fact]
    public void Answer_ToAGoodBatch_HasMixpanelsShape() =>
        Assert.True(JsonNode.DeepEquals(
            JsonNode.Parse("""{"code":200,"num_records_imported":2,"status":"OK"}"""),
            JsonNode.Parse(_json.Import(_json.Event(), _json.Event()).Json.Span)));

    [Fact]
    public void Event_ThatAsksToBeIgnored_CountsAsImportedAndIsDropped()
    {
        Assert.Null(_json.RefusedField(_json.With("$ignore", true)));

        Assert.Empty(_json.Preview.Latest(5));
    }
}
