using System.Text;
using SpidOrleans.Web.Reading;
using Xunit;

namespace SpidOrleans.UnitTests.Reading;

/// <summary>Bodies to read, and the moment at which the tests read them.</summary>
internal static class Bodies
{
    public const string Visitor = "4f1e2ae5-9caf-4c2f-8a05-8b76c0ffee00";

    public static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    public static readonly long NowMs = Now.ToUnixTimeMilliseconds();

    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>A back end's body of one good event with these fields beside its name and visitor.</summary>
    public static string One(string moreFields) =>
        "{\"events\":[{\"event\":\"Read\",\"visitorId\":\"" + Visitor + "\"" + (moreFields.Length == 0 ? "" : "," + moreFields) + "}]}";

    public static string WithProperties(string properties) => One("\"properties\":" + properties);

    /// <summary>A browser's body of one good event with these fields beside its name, time and insert id.</summary>
    public static string Collected(string moreFields) =>
        "{\"clientId\":\"demo\",\"events\":[{\"event\":\"Read\",\"time\":" + NowMs + ",\"insertId\":\"i-1\"" + moreFields + "}]}";

    public static EventsReading Read(string body, int eventsMax = 2000) => Read(Utf8(body), eventsMax);

    public static EventsReading Read(byte[] body, int eventsMax = 2000) =>
        EventsReader.Read(body, new EventsReaderOptions { EventsMax = eventsMax, Now = Now });

    public static EventsReading Collect(string body) =>
        EventsReader.Read(Utf8(body), new EventsReaderOptions { EventsMax = 2000, Now = Now, FromBrowser = true });

    /// <summary>The one thing that is wrong, at exactly this place, by a message that names the rule.</summary>
    public static void AssertRefused(Dictionary<string, string[]>? errors, string place, string phrase)
    {
        Assert.NotNull(errors);
        var (key, messages) = Assert.Single(errors);
        Assert.Equal(place, key);
        Assert.Contains(phrase, Assert.Single(messages), StringComparison.Ordinal);
    }

    public static void AssertAccepted(string body)
    {
        var reading = Read(body);
        Assert.True(reading.IsValid, string.Join("; ", (reading.Errors ?? []).Select(error => error.Key + ": " + error.Value[0])));
        Assert.NotEmpty(reading.Events);
    }
}
