using System.Text;
using SpidOrleans.Contracts.Traits;
using SpidOrleans.Web.Reading;
using Xunit;

namespace SpidOrleans.UnitTests.Reading;

public sealed class TraitsReaderTests
{
    [Theory]
    [InlineData("{}", "")]
    [InlineData("""{"Subscribed since":"2012-11-20","Newsletter subscriber":true,"Goals reached":12,"Account type":"Personal"}""",
        """Subscribed since="2012-11-20"|Newsletter subscriber=true|Goals reached=12|Account type="Personal"|""")]
    [InlineData("""{ "a" : [ 1, "x" , false ], "\u00e5":"\u00e5", "n":-1.50e3, "":1 }""", null, TraitsReader.NameRule)]
    [InlineData("""{ "a" : [ 1, "x" , false ], "\u00e5":"\u00e5", "n":-1.50e3 }""", """a=[1,"x",false]|å="å"|n=-1.50e3|""")]
    [InlineData("""{"Age":99,"Birthday":"x","empty":"","none":[]}""", """Age=99|Birthday="x"|empty=""|none=[]|""")]
    [InlineData("""{"a":null}""", null, TraitsReader.ValueRule)]
    [InlineData("""{"a":{}}""", null, TraitsReader.ValueRule)]
    [InlineData("""{"a":[[1]]}""", null, TraitsReader.ValueRule)]
    [InlineData("""{"a":[null]}""", null, TraitsReader.ValueRule)]
    [InlineData("""{"a":1e999}""", null, TraitsReader.ValueRule)]
    [InlineData("""{"a":"\u0000"}""", null, TraitsReader.ValueRule)]
    [InlineData("""{"$name":"x"}""", null, TraitsReader.NameRule)]
    [InlineData("""{"$ignore":true}""", null, TraitsReader.NameRule)]
    [InlineData("""{"time":1}""", null, TraitsReader.NameRule)]
    [InlineData("""{"distinct_id":"x"}""", null, TraitsReader.NameRule)]
    [InlineData("""{"a\u0000":1}""", null, TraitsReader.NameRule)]
    [InlineData("""{"a":1,"\u0061":2}""", null, TraitsReader.ObjectRule)]
    [InlineData("[]", null, TraitsReader.ObjectRule)]
    [InlineData("1", null, TraitsReader.ObjectRule)]
    [InlineData("", null, TraitsReader.ObjectRule)]
    [InlineData("""{"a":1}x""", null, TraitsReader.ObjectRule)]
    [InlineData("""{"a":[[[[[[[[[[1]]]]]]]]]]}""", null, TraitsReader.ObjectRule)]
    public void Traits_AreAFlatObject(string json, string? expected, string? rule = null) => Read(json, expected, rule);

    [Fact]
    public void HalfASurrogatePair_IsNoText()
    {
        Assert.NotNull(FaultOf("{\"a\":\"\\ud800\"}"));
        Assert.NotNull(FaultOf("{\"\\ud800\":1}"));
        TraitsReader.Read(new byte[] { (byte)'{', (byte)'"', 0xff, (byte)'"', (byte)':', (byte)'1', (byte)'}' }, 0, out var fault);
        Assert.NotNull(fault);
    }

    [Fact]
    public void EveryLimit_HoldsOnBothSides()
    {
        Assert.Null(FaultOf($$"""{"{{new string('å', TraitLimits.NameCharsMax)}}":1}"""));
        Assert.Equal(TraitsReader.NameRule, FaultOf($$"""{"{{new string('å', TraitLimits.NameCharsMax + 1)}}":1}"""));
        Assert.Null(FaultOf($$"""{"a":"{{new string('å', TraitLimits.TextCharsMax)}}"}"""));
        Assert.Equal(TraitsReader.ValueRule, FaultOf($$"""{"a":"{{new string('å', TraitLimits.TextCharsMax + 1)}}"}"""));
        Assert.Null(FaultOf($$"""{"a":[{{string.Join(',', Enumerable.Repeat("1", TraitLimits.EntriesMax))}}]}"""));
        Assert.Equal(TraitsReader.ValueRule, FaultOf($$"""{"a":[{{string.Join(',', Enumerable.Repeat("1", TraitLimits.EntriesMax + 1))}}]}"""));
        Assert.Null(FaultOf($$"""{"a":[{{Entries(TraitLimits.ValueBytesMax)}}]}"""));
        Assert.Equal(TraitsReader.ValueRule, FaultOf($$"""{"a":[{{Entries(TraitLimits.ValueBytesMax + 1)}}]}"""));

        // Eight strings with their quotes and commas, brackets included.
        static string Entries(int bytes) => string.Join(',', Enumerable.Range(0, 8).Select(i => $"\"{new string('x', i < 7 ? 253 : bytes - 2 - 7 * 256 - 2)}\""));
    }

    private static void Read(string json, string? expected, string? rule)
    {
        var traits = TraitsReader.Read(Encoding.UTF8.GetBytes(json), 42, out var fault);

        Assert.Equal(rule, fault);
        Assert.Equal(expected ?? "", string.Concat(traits.Select(trait => $"{trait.Name}={trait.Json}|")));
        Assert.All(traits, trait => Assert.Equal(42, trait.SetAtMs));
    }

    private static string? FaultOf(string json)
    {
        TraitsReader.Read(Encoding.UTF8.GetBytes(json), 0, out var fault);
        return fault;
    }
}
