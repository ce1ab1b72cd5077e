using System.Text.Json.Nodes;
using SpidOrleans.Mixpanel.Preview;
using Xunit;

namespace SpidOrleans.UnitTests.Mixpanel;

public sealed class PreviewMemoryTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly ImportJson _json = new();

    [Fact]
    public void Event_IsShownWithItsOwnPropertiesOnly()
    {
        var item = _json.Event("Purchase", device: "d1", user: "u1");
        item["properties"]!["token"] = "secret";
        item["properties"]!["distinct_id"] = "u1";
        item["properties"]!["price"] = 12.5;
        item["properties"]!["name"] = "blåbær";
        _json.Import(item);

        var shown = Assert.Single(_json.Preview.Latest(10));
        Assert.Equal((1, "Purchase", "id-1", "d1", "u1", 1), (shown.Sequence, shown.Event, shown.InsertId, shown.DeviceId, shown.UserId, shown.Copies));
        Assert.Equal(ImportJson.Now, shown.ArrivedAt);
        Assert.True(JsonNode.DeepEquals(
            JsonNode.Parse("""{"price":12.5,"name":"blåbær"}"""), JsonNode.Parse(shown.Properties.GetRawText())));
    }

    [Fact]
    public void Repeat_CountsACopyAndIsNoNewEvent()
    {
        var item = _json.Event();
        _json.Import(item, item);
        _json.Clock.Advance(TimeSpan.FromMinutes(5));
        _json.Import(item);

        var shown = Assert.Single(_json.Preview.Latest(10));
        Assert.Equal(3, shown.Copies);
        Assert.Equal(ImportJson.Now, shown.ArrivedAt);
    }

    [Theory]
    [InlineData("event")]
    [InlineData("time")]
    [InlineData("$insert_id")]
    [InlineData("$device_id")]
    [InlineData("$user_id")]
    public void Event_ThatDiffersInOneOfTheFour_IsAnother(string what)
    {
        var item = _json.Event();
        _json.Import(item);
        if (what == "event") item["event"] = "Other";
        else item["properties"]![what] = what == "time" ? ImportJson.Now.ToUnixTimeMilliseconds() - 1 : "other";
        _json.Import(item);

        Assert.Equal([1, 1], _json.Preview.Latest(10).Select(shown => shown.Copies));
    }

    [Fact]
    public void Repeat_AfterTheLink_IsStillTheSameEvent()
    {
        var before = _json.Event(device: "d1");
        _json.Import(before, _json.Event("Login", device: "d1", user: "u1"));
        _json.Import(before);

        Assert.Equal([2, 1], _json.Preview.Latest(10).Select(shown => shown.Copies));
    }

    [Fact]
    public void TimeInSeconds_AndTheSameInMilliseconds_AreOneEvent()
    {
        var item = _json.Event();
        _json.Import(item);
        item["properties"]!["time"] = ImportJson.Now.ToUnixTimeSeconds();
        _json.Import(item);

        Assert.Equal(2, Assert.Single(_json.Preview.Latest(10)).Copies);
    }

    [Fact]
    public void Latest_ShowsTheNewestLast_UpToTheLimit()
    {
        _json.Import(_json.Event("a"), _json.Event("b"), _json.Event("c"));

        Assert.Equal(["b", "c"], _json.Preview.Latest(2).Select(item => item.Event));
        Assert.Equal([1, 2, 3], _json.Preview.Latest(int.MaxValue).Select(item => item.Sequence));
        Assert.Empty(_json.Preview.Latest(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => _json.Preview.Latest(-1));
    }

    [Fact]
    public void Events_BeyondTenThousand_ForgetTheOldest()
    {
        var first = _json.Event("first");
        _json.Import(first);
        for (var round = 0; round < 5; round++) _json.Import([.. Enumerable.Range(0, 2_000).Select(_ => _json.Event())]);

        var kept = _json.Preview.Latest(int.MaxValue);
        Assert.Equal(PreviewProject.EventsMax, kept.Count);
        Assert.Equal((2, 10_001), (kept[0].Sequence, kept[^1].Sequence));
        _json.Import(first);
        var again = Assert.Single(_json.Preview.Latest(1));
        Assert.Equal(("first", 1, 10_002), (again.Event, again.Copies, again.Sequence));
    }

    [Fact]
    public void Events_OfAMegabyteEach_ForgetTheOldestByBytes()
    {
        const int Megabyte = 1_000_000;
        var large = new string('x', Megabyte);
        for (var sent = 0; sent < 70; sent++) _json.Import(_json.With("p", large));

        var kept = _json.Preview.Latest(int.MaxValue);
        Assert.Equal((int)(PreviewProject.PropertyBytesMax / (Megabyte + """{"p":""}""".Length)), kept.Count);
        Assert.Equal(70, kept[^1].Sequence);
    }

    [Fact]
    public async Task Wait_EndsWithTheNextArrivalOrRepeat()
    {
        var item = _json.Event();
        var before = _json.Preview.Version;
        var waiting = _json.Preview.WaitForChangeAsync(before, CancellationToken.None);
        Assert.False(waiting.IsCompleted);

        _json.Import(item);
        await waiting.WaitAsync(Patience);
        var after = _json.Preview.Version;
        Assert.NotEqual(before, after);

        waiting = _json.Preview.WaitForChangeAsync(after, CancellationToken.None);
        Assert.False(waiting.IsCompleted);
        _json.Import(item);
        await waiting.WaitAsync(Patience);
        Assert.NotEqual(after, _json.Preview.Version);
    }

    [Fact]
    public void Wait_ForAVersionThatIsNotTheCurrentOne_EndsAtOnce()
    {
        _json.Import(_json.Event());

        Assert.True(_json.Preview.WaitForChangeAsync(0, CancellationToken.None).IsCompletedSuccessfully);
        Assert.True(_json.Preview.WaitForChangeAsync(999, CancellationToken.None).IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Wait_ThatIsCancelled_Ends()
    {
        using var page = new CancellationTokenSource();
        var waiting = _json.Preview.WaitForChangeAsync(_json.Preview.Version, page.Token);

        await page.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(Patience));
    }

    [Fact]
    public void Version_StaysWhereNothingChanged()
    {
        _json.Import(_json.Event(" "), _json.With("$ignore", true));
        _json.Preview.Import("[]"u8);

        Assert.Equal(0, _json.Preview.Version);
    }

    [Fact]
    public async Task Imports_FromManyThreads_AreAllCountedOnce()
    {
        var shared = _json.Event("shared");
        var own = Enumerable.Range(0, 400).Select(_ => _json.Event()).ToArray();

        await Parallel.ForAsync(0, own.Length, (number, _) =>
        {
            _json.Import(own[number], shared);
            _json.Preview.Latest(3);
            return ValueTask.CompletedTask;
        });

        var kept = _json.Preview.Latest(int.MaxValue);
        Assert.Equal(401, kept.Count);
        Assert.Equal(Enumerable.Range(1, 401).Select(n => (long)n), kept.Select(item => item.Sequence));
        Assert.Equal(400, kept.Single(item => item.Event == "shared").Copies);
    }
}
