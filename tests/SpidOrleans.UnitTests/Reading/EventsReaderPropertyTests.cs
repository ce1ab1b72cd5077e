using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using SpidOrleans.Mixpanel.Rules;
using SpidOrleans.Web.Reading;
using Xunit;
using static SpidOrleans.UnitTests.Reading.Bodies;

namespace SpidOrleans.UnitTests.Reading;

/// <summary>Against System.Text.Json's own tree, on random input.</summary>
public sealed class EventsReaderPropertyTests
{
    private static readonly JsonSerializerOptions[] Spellings =
    [
        new(),
        new() { WriteIndented = true },
        new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping },
    ];

    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(500);

    [Fact]
    public void Properties_within_the_rules_are_accepted_and_mean_the_same()
    {
        var cases = from properties in RandomJson.Properties
                    from spelling in Gen.Elements(Spellings)
                    select properties.ToJsonString(spelling);

        Check.One(Many, Prop.ForAll(cases.ToArbitrary(), sent =>
        {
            var reading = Read(WithProperties(sent));
            if (!reading.IsValid) throw new InvalidOperationException(string.Join("; ", reading.Errors.Select(error => error.Key + ": " + error.Value[0])));
            var slice = Encoding.UTF8.GetString(reading.Events[0].Event.Properties.Span);
            return JsonNode.DeepEquals(JsonNode.Parse(slice.Length == 0 ? "{}" : slice), JsonNode.Parse(sent));
        }));
    }

    [Fact]
    public void A_name_is_found_repeated_however_it_is_spelled_and_only_then()
    {
        var names = from count in Gen.Choose(1, 200)
                    from texts in RandomJson.Name.ArrayOf(count)
                    from escapes in Gen.Elements(false, true).ArrayOf(count)
                    select (Texts: texts, Escapes: escapes);

        Check.One(Many, Prop.ForAll(names.ToArbitrary(), sample =>
        {
            var entries = sample.Texts.Select((text, index) => Spell(text, sample.Escapes[index]) + ":1");
            var reading = Read(WithProperties("{" + string.Join(',', entries) + "}"));
            var isRepeated = sample.Texts.Distinct(StringComparer.Ordinal).Count() < sample.Texts.Length;
            return reading.IsValid == !isRepeated
                && (reading.Errors ?? []).All(error => error.Value.All(message => message == PropertiesCheck.RepeatedRule));
        }));
    }

    [Fact]
    public void Mutated_bodies_are_answered_and_never_throw()
    {
        var originals = new[]
        {
            "{\"events\":[{\"event\":\"R\\u00e9ad\",\"visitorId\":\"" + Visitor + "\",\"time\":" + NowMs + ",\"insertId\":\"i-1\",\"ip\":\"192.0.2.1\","
                + "\"userAgent\":\"Test\",\"properties\":{\"a\":[1,{\"b\":null}],\"\\ud83d\\ude00\":{\"c\":{\"d\":-1.5e3}},\"é\":\"\\u0041\"}}]}",
            "{\"userId\":\"77\",\"time\":" + NowMs + ",\"insertId\":\"i\",\"properties\":{\"a\":\"\\ud83d\\ude00\"},\"profile\":{\"birthday\":\"1980-12-31\","
                + "\"gender\":\"male\",\"registered\":\"2020-01-31T12:00:00+01:00\",\"locale\":\"nb_NO\"},\"flow\":\"signup\"}",
        };

        var cases = from original in Gen.Elements(originals)
                    from mutations in (from position in Gen.Choose(0, 10_000)
                                       from kind in Gen.Choose(0, 3)
                                       from value in RandomJson.Byte
                                       select (position, kind, value)).ArrayOf(4)
                    from count in Gen.Choose(1, 4)
                    select mutations.Take(count).Aggregate(Utf8(original), (body, mutation) => Mutate(body, mutation.position, mutation.kind, mutation.value));

        Check.One(Many.WithMaxTest(4_000), Prop.ForAll(cases.ToArbitrary(), body =>
        {
            var reading = Read(body);
            EventsReader.Read(body, new EventsReaderOptions { EventsMax = 10, Now = Now, FromBrowser = true });
            LoginReader.Read(body, Now);
            ProfileReader.Read(body, Now);
            LogoutReader.Read(body);
            return reading.IsValid ? IsGood(reading) : reading.Events.IsEmpty && reading.Errors.Count > 0;
        }));
    }

    /// <summary>What was accepted after all is JSON that a strict parser takes too.</summary>
    private static bool IsGood(EventsReading reading) => reading.Events.All(addressed =>
    {
        var properties = addressed.Event.Properties;
        if (properties.IsEmpty) return true;
        using var document = JsonDocument.Parse(properties, new JsonDocumentOptions { AllowDuplicateProperties = false });
        return document.RootElement.EnumerateObject().All(property => property.Name.Length is > 0 and <= 255);
    });

    private static byte[] Mutate(byte[] body, int position, int kind, byte value)
    {
        if (body.Length == 0) return [value];
        var at = position % body.Length;
        return kind switch
        {
            0 => [.. body[..at], value, .. body[(at + 1)..]],
            1 => [.. body[..at], value, .. body[at..]],
            2 => [.. body[..at], .. body[(at + 1)..]],
            _ => body[..at],
        };
    }

    private static string Spell(string name, bool escaped) => escaped
        ? "\"" + string.Concat(name.Select(unit => $"\\u{(int)unit:x4}")) + "\""
        : "\"" + name + "\"";
}
