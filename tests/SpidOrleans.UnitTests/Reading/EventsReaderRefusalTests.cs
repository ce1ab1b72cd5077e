using Xunit;
using static SpidOrleans.UnitTests.Reading.Bodies;

namespace SpidOrleans.UnitTests.Reading;

public sealed class EventsReaderRefusalTests
{
    [Theory]
    [InlineData("", "$", "must not be empty")]
    [InlineData("  ", "$", "valid JSON")]
    [InlineData("null", "$", "object or a list")]
    [InlineData("17", "$", "object or a list")]
    [InlineData("\"events\"", "$", "object or a list")]
    [InlineData("{", "$", "valid JSON")]
    [InlineData("{\"events\":[{\"event\":\"a\",\"userId\":\"u\"}]", "$", "valid JSON")]
    [InlineData("{\"events\":[{\"event\":\"a\",\"userId\":\"u\"}]} x", "$", "valid JSON")]
    [InlineData("[{\"event\":\"a\",\"userId\":\"u\"}][]", "$", "line 1, byte 29")]
    [InlineData("{\"events\":[{\"event\":\"a\",\"userId\":\"u\"},]}", "$", "valid JSON")]
    [InlineData("{\"events\":[{\"event\":\"a\",\"userId\":\"u\"} /* c */]}", "$", "valid JSON")]
    [InlineData("// c\n[{\"event\":\"a\",\"userId\":\"u\"}]", "$", "valid JSON")]
    [InlineData("{'events':[]}", "$", "valid JSON")]
    [InlineData("\ufeff[]", "$", "valid JSON")]
    [InlineData("[{\"event\":\"a\nb\",\"userId\":\"u\"}]", "$", "line 1")]
    [InlineData("[{\"event\":\"a\",\"userId\":\"u\",\"properties\":{\"n\":01}}]", "$", "valid JSON")]
    [InlineData("[{\"event\":\"a\",\"userId\":\"u\",\"properties\":{\"n\":NaN}}]", "$", "valid JSON")]
    [InlineData("[{\"event\":\"a\",\"userId\":\"u\",\"properties\":{\"n\":\"\\x\"}}]", "$", "valid JSON")]
    [InlineData("[{\"event\":\"a\",\"userId\":\"u\",\"properties\":{\"n\":\"\\u00g0\"}}]", "$", "valid JSON")]
    [InlineData("{}", "events", "required")]
    [InlineData("{\"events\":null}", "events", "required")]
    [InlineData("{\"events\":{}}", "events", "list of at least one")]
    [InlineData("{\"events\":\"a\"}", "events", "list of at least one")]
    [InlineData("{\"events\":[]}", "events", "list of at least one")]
    [InlineData("[]", "events", "list of at least one")]
    [InlineData("[null]", "events[0]", "must be an object")]
    [InlineData("[5]", "events[0]", "must be an object")]
    [InlineData("[[{}]]", "events[0]", "must be an object")]
    [InlineData("{\"clientId\":\"demo\",\"events\":[{\"event\":\"a\",\"userId\":\"u\"}]}", "clientId", "fields of the body are events")]
    [InlineData("{\"events\":[{\"event\":\"a\",\"userId\":\"u\"}],\"events\":[]}", "events", "only once")]
    [InlineData("{\"Events\":[],\"events\":[{\"event\":\"a\",\"userId\":\"u\"}]}", "Events", "fields of the body are events")]
    public void A_body_that_is_no_list_of_events_is_refused(string body, string place, string phrase) =>
        AssertRefused(Read(body).Errors, place, phrase);

    [Theory]
    [InlineData("{\"userId\":\"u\"}", "event", "required")]
    [InlineData("{\"event\":null,\"userId\":\"u\"}", "event", "required")]
    [InlineData("{\"event\":\"\",\"userId\":\"u\"}", "event", "1 to 255 characters")]
    [InlineData("{\"event\":\" \\t\",\"userId\":\"u\"}", "event", "not blank")]
    [InlineData("{\"event\":7,\"userId\":\"u\"}", "event", "1 to 255 characters")]
    [InlineData("{\"event\":[\"a\"],\"userId\":\"u\"}", "event", "1 to 255 characters")]
    [InlineData("{\"event\":\"a\\u0000\",\"userId\":\"u\"}", "event", "NUL")]
    [InlineData("{\"event\":\"\\ud800\",\"userId\":\"u\"}", "event", "surrogate")]
    [InlineData("{\"event\":\"\\udc00\\ud800\",\"userId\":\"u\"}", "event", "surrogate")]
    [InlineData("{\"event\":\"\\ud800\\u0041\",\"userId\":\"u\"}", "event", "surrogate")]
    [InlineData("{\"event\":\"\\ud83d \\ude00\",\"userId\":\"u\"}", "event", "surrogate")]
    [InlineData("{\"event\":\"a\",\"event\":\"a\",\"userId\":\"u\"}", "event", "only once")]
    [InlineData("{\"event\":\"a\",\"\\u0065vent\":\"b\",\"userId\":\"u\"}", "event", "only once")]
    [InlineData("{\"event\":\"a\"}", "", "exactly one of visitorId and userId")]
    [InlineData("{\"event\":\"a\",\"userId\":null,\"visitorId\":null}", "", "exactly one of visitorId and userId")]
    [InlineData("{\"event\":\"a\",\"userId\":\"u\",\"visitorId\":\"4f1e2ae5-9caf-4c2f-8a05-8b76c0ffee00\"}", "", "exactly one of visitorId and userId")]
    [InlineData("{\"event\":\"a\",\"visitorId\":\"4f1e2ae5-9caf-1c2f-8a05-8b76c0ffee00\"}", "visitorId", "UUID version 4")]
    [InlineData("{\"event\":\"a\",\"visitorId\":\"4f1e2ae59caf4c2f8a058b76c0ffee00\"}", "visitorId", "36 characters")]
    [InlineData("{\"event\":\"a\",\"visitorId\":\"\"}", "visitorId", "UUID version 4")]
    [InlineData("{\"event\":\"a\",\"visitorId\":17}", "visitorId", "must be a string")]
    [InlineData("{\"event\":\"a\",\"userId\":1844813}", "userId", "must be a string")]
    [InlineData("{\"event\":\"a\",\"userId\":\"\"}", "userId", "1 to 128 characters")]
    [InlineData("{\"event\":\"a\",\"userId\":\"Null\"}", "userId", "forbidden")]
    [InlineData("{\"event\":\"a\",\"userId\":\"$device:x\"}", "userId", "$device:")]
    [InlineData("{\"event\":\"a\",\"userId\":\"a\\nb\"}", "userId", "control characters")]
    [InlineData("{\"event\":\"a\",\"userId\":\"a\\ud800\"}", "userId", "surrogate")]
    [InlineData("{\"event\":\"a\",\"userId\":\"u\",\"insertID\":\"x\"}", "insertID", "insertId")]
    [InlineData("{\"event\":\"a\",\"userId\":\"u\",\"$insert_id\":\"x\"}", "$insert_id", "no such field")]
    [InlineData("{\"event\":\"a\",\"userId\":\"u\",\"\":1}", "", "no such field")]
    [InlineData("{\"event\":\"a\",\"userId\":\"u\",\"props\":{\"a\":[{}]}}", "props", "fields of an event are")]
    [InlineData("{\"event\":\"a\",\"userId\":\"u\",\"\\ud800\":1}", "\\ud800", "no such field")]
    [InlineData("{\"event\":\"a\",\"userId\":\"u\",\"\\ud800vent\":1}", "\\ud800vent", "no such field")]
    public void A_faulty_event_is_refused_at_its_field(string faulty, string field, string phrase)
    {
        var body = "[{\"event\":\"good\",\"userId\":\"u\"}," + faulty + ",{\"event\":\"good\",\"userId\":\"u\"}]";
        AssertRefused(Read(body).Errors, field.Length == 0 ? "events[1]" : "events[1]." + field, phrase);
        Assert.Empty(Read(body).Events);
    }

    [Theory]
    [InlineData("\"time\":\"1795435200000\"", "time", "whole number of milliseconds")]
    [InlineData("\"time\":\"2026-11-23T12:00:00Z\"", "time", "whole number of milliseconds")]
    [InlineData("\"time\":1795435200000.5", "time", "whole number of milliseconds")]
    [InlineData("\"time\":1795435200000.0", "time", "whole number of milliseconds")]
    [InlineData("\"time\":1.7e12", "time", "whole number of milliseconds")]
    [InlineData("\"time\":-1", "time", "from 1971-01-01")]
    [InlineData("\"time\":0", "time", "from 1971-01-01")]
    [InlineData("\"time\":31535999999", "time", "from 1971-01-01")]
    [InlineData("\"time\":1795435200", "time", "looks like seconds")]
    [InlineData("\"time\":1795438800001", "time", "one hour ahead")]
    [InlineData("\"time\":99999999999999999999", "time", "whole number of milliseconds")]
    [InlineData("\"time\":true", "time", "whole number of milliseconds")]
    [InlineData("\"time\":{}", "time", "whole number of milliseconds")]
    [InlineData("\"time\":1795435200000,\"insertId\":7", "insertId", "1 to 36 characters")]
    [InlineData("\"time\":1795435200000,\"insertId\":\"\"", "insertId", "1 to 36 characters")]
    [InlineData("\"time\":1795435200000,\"insertId\":\"a_b\"", "insertId", "A-Z, a-z, 0-9 and '-'")]
    [InlineData("\"time\":1795435200000,\"insertId\":\"4f1e2ae5-9caf-4c2f-8a05-8b76c0ffee000\"", "insertId", "1 to 36 characters")]
    [InlineData("\"time\":1795435200000,\"insertId\":\"Undefined\"", "insertId", "forbidden")]
    [InlineData("\"insertId\":\"a\"", "insertId", "needs a time")]
    [InlineData("\"insertId\":\"a\",\"time\":null", "insertId", "needs a time")]
    [InlineData("\"ip\":\"localhost\"", "ip", "IPv4 address")]
    [InlineData("\"ip\":\"\"", "ip", "IPv4 address")]
    [InlineData("\"ip\":\"1\"", "ip", "dotted decimal")]
    [InlineData("\"ip\":\"010.0.0.1\"", "ip", "dotted decimal")]
    [InlineData("\"ip\":\"256.0.0.1\"", "ip", "dotted decimal")]
    [InlineData("\"ip\":\"192.0.2.1:80\"", "ip", "without port")]
    [InlineData("\"ip\":\"[::1]\"", "ip", "brackets")]
    [InlineData("\"ip\":\"fe80::1%eth0\"", "ip", "zone")]
    [InlineData("\"ip\":16909060", "ip", "must be a string")]
    [InlineData("\"userAgent\":[]", "userAgent", "at most 1000 characters")]
    [InlineData("\"userAgent\":\"a\\u0000\"", "userAgent", "NUL")]
    [InlineData("\"properties\":[]", "properties", "must be an object")]
    [InlineData("\"properties\":\"{}\"", "properties", "must be an object")]
    [InlineData("\"properties\":{\"a\":1},\"properties\":{\"b\":1}", "properties", "only once")]
    public void A_faulty_field_is_refused_by_its_rule(string fields, string field, string phrase) =>
        AssertRefused(Read(One(fields)).Errors, "events[0]." + field, phrase);

    [Theory]
    [InlineData("""{"":1}""", ".", "1 to 255 characters")]
    [InlineData("""{"token":"x"}""", ".token", "reserved")]
    [InlineData("""{"\u0074oken":"x"}""", ".token", "reserved")]
    [InlineData("""{"$warehouse_type":"x"}""", ".$warehouse_type", "reserved")]
    [InlineData("""{"$ignore":false}""", ".$ignore", "reserved")]
    [InlineData("""{"a":1,"b":2,"a":3}""", ".a", "only once")]
    [InlineData("""{"a":1,"\u0061":3}""", ".a", "only once")]
    [InlineData("""{"\u0061":1,"a":3}""", ".a", "only once")]
    [InlineData("""{"\u00e9":1,"é":3}""", ".é", "only once")]
    [InlineData("""{"\ud83d\ude00":1,"😀":3}""", ".😀", "only once")]
    [InlineData("""{"o":{"x":{"a":1,"b":2,"a":3}}}""", ".o.x.a", "only once")]
    [InlineData("""{"l":[{"a":1},{"a":1,"\u0061":1}]}""", ".l[1].a", "only once")]
    [InlineData("""{"x":{"a":1},"a":2,"y":{"a":1},"x":0}""", ".x", "only once")]
    [InlineData("""{"a":"\u0000"}""", ".a", "NUL")]
    [InlineData("""{"a":["b","\\\u0000"]}""", ".a[1]", "NUL")]
    [InlineData("""{"a\u0000b":1}""", ".a\\u0000b", "NUL")]
    [InlineData("""{"a":{"b":["c",0,"\udfff"]}}""", ".a.b[2]", "surrogate")]
    [InlineData("""{"\ud800":1}""", ".\\ud800", "surrogate")]
    [InlineData("""{"a":1e400}""", ".a", "finite")]
    [InlineData("""{"a":[-1e999]}""", ".a[0]", "finite")]
    [InlineData("""{"a":{"b":{"c":{"d":{}}}}}""", ".a.b.c.d", "three levels")]
    [InlineData("""{"a":[[[[]]]]}""", ".a[0][0][0]", "three levels")]
    [InlineData("""{"a":[0,[[1,{}]]]}""", ".a[1][0][1]", "three levels")]
    [InlineData("""{"a":[{"b":{}}]}""", ".a[0].b", "no list or object")]
    [InlineData("""{"a":[{"b":1,"c":[]}]}""", ".a[0].c", "no list or object")]
    [InlineData("""{"a":{"b":[{"c":{"d":1}}]}}""", ".a.b[0].c", "no list or object")]
    public void A_faulty_property_is_refused_at_its_place(string properties, string place, string phrase) =>
        AssertRefused(Read(WithProperties(properties)).Errors, "events[0].properties" + place, phrase);

    [Fact]
    public void Bytes_that_are_not_UTF8_are_refused_wherever_they_stand()
    {
        var body = Utf8(WithProperties("""{"name":"value"}"""));
        foreach (var position in new[] { body.AsSpan().IndexOf("name"u8), body.AsSpan().IndexOf("value"u8) })
        {
            var broken = body.ToArray();
            broken[position] = 0xC3;
            AssertRefused(Read(broken).Errors, "$", "UTF-8");
        }
    }

    [Fact]
    public void A_surrogate_encoded_as_three_bytes_is_not_UTF8()
    {
        var body = Utf8(WithProperties("""{"a":"xxx"}"""));
        new byte[] { 0xED, 0xA0, 0x80 }.CopyTo(body.AsSpan(body.AsSpan().IndexOf("xxx"u8)));
        AssertRefused(Read(body).Errors, "$", "UTF-8");
    }

    [Theory]
    [InlineData("[", "]")]
    [InlineData("{\"a\":", "}")]
    public void Ten_thousand_levels_are_refused_without_harm(string open, string close)
    {
        var bomb = string.Concat(Enumerable.Repeat(open, 10_000)) + "1" + string.Concat(Enumerable.Repeat(close, 10_000));
        AssertRefused(Read("{\"x\":" + bomb + "}").Errors!.Where(error => error.Key == "$").ToDictionary(), "$", "64 levels");
        Assert.Contains("$", Read(bomb).Errors!.Keys);

        var inProperties = Read(WithProperties("{\"p\":" + bomb + "}")).Errors!;
        Assert.Contains(inProperties, error => error.Key.StartsWith("events[0].properties.p", StringComparison.Ordinal) && error.Value[0].Contains("three levels"));
        Assert.Contains("64 levels", inProperties["$"][0]);
    }

    [Fact]
    public void All_faults_of_a_request_are_reported_at_once()
    {
        var errors = Read("""
            {"tag":1,"events":[
              {"event":"","visitorId":"x","time":"now","insertId":"*","ip":"?","userAgent":7,"properties":{"time":1,"b":{"c":1e999}}},
              {"evnt":"a","userId":"u","insertId":"a"},
              "three"
            ]}
            """).Errors!;

        Assert.Equal(
            [
                "tag", "events[0].event", "events[0].visitorId", "events[0].time", "events[0].insertId", "events[0].ip",
                "events[0].userAgent", "events[0].properties.time", "events[0].properties.b.c",
                "events[1].evnt", "events[1].event", "events[1].insertId", "events[2]",
            ],
            errors.Keys);
    }

    [Fact]
    public void At_most_a_hundred_faults_are_reported()
    {
        var errors = Read("[" + string.Join(',', Enumerable.Repeat("0", 500)) + "]").Errors!;
        Assert.Equal(100, errors.Sum(error => error.Value.Length));
        Assert.Contains("events[99]", errors.Keys);
    }

    [Fact]
    public void No_value_and_at_most_forty_characters_of_a_name_are_echoed()
    {
        var name = "secret" + new string('n', 5_000);
        var errors = Read(One($$"""
            "{{name}}":1,"ip":"SECRET-address","time":"SECRET-time","properties":{"{{name}}":"SECRET\u0000value"}
            """)).Errors!;

        var cut = name[..40] + "…";
        Assert.Contains("events[0]." + cut, errors.Keys);
        Assert.Contains("events[0].properties." + cut, errors.Keys);
        Assert.DoesNotContain("SECRET", string.Join('|', errors.Select(error => error.Key + error.Value[0])), StringComparison.Ordinal);
    }
}
