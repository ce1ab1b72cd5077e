using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Time.Testing;
using SpidOrleans.Contracts.Settings;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.Web.Browser;
using SpidOrleans.Web.Configuration;
using Xunit;

namespace SpidOrleans.UnitTests.Browser;

public class SpIdTests
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly VisitorId _visitor = VisitorId.New();
    private readonly KeyDigest _session = KeyDigest.Of("a browser's secret"u8);

    [Fact]
    public async Task Issued_ItIsShapedAsSpidDoesAndNamesItsSession()
    {
        var (spId, client, _) = await CreateAsync(New);

        var text = spId.Issue(client, _visitor, _session);

        var json = JsonElement.Parse(Base64Url.DecodeFromChars(text));
        Assert.Equal("news", json.GetProperty("client_id").GetString());
        Assert.DoesNotContain(_visitor.ToString(), Encoding.Latin1.GetString(Base64Url.DecodeFromChars(json.GetProperty("auth").GetString())), StringComparison.Ordinal);
        Assert.Equal((_visitor, _session), spId.Read(client, text));
    }

    [Fact]
    public async Task OfAnotherClient_ItIsWorthNothing()
    {
        var (spId, client, other) = await CreateAsync(New);

        Assert.Null(spId.Read(other, spId.Issue(client, _visitor, _session)));
    }

    [Fact]
    public async Task AfterHalfADay_ItIsWorthNothing()
    {
        var (spId, client, _) = await CreateAsync(New);
        var text = spId.Issue(client, _visitor, _session);

        _clock.Advance(SpId.Lifetime - TimeSpan.FromSeconds(1));
        Assert.NotNull(spId.Read(client, text));
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(spId.Read(client, text));
    }

    [Fact]
    public async Task UnderAFormerKey_ItIsStillTakenAndUnderAForgottenOneNot()
    {
        var (old, client, _) = await CreateAsync(Old);
        var text = old.Issue(client, _visitor, _session);

        Assert.NotNull((await CreateAsync(New, Old)).SpId.Read(client, text));
        Assert.Null((await CreateAsync(New)).SpId.Read(client, text));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("!!!")]
    [InlineData("bnVsbA")]
    [InlineData("eyJhdXRoIjoxfQ")]
    [InlineData("eyJhdXRoIjoiISJ9")]
    [InlineData("eyJhdXRoIjoiQUFBQSJ9")]
    [InlineData("eyJhdXRoIjoiXHVkODAwIn0")] // half a surrogate pair
    [InlineData("eyJhdXRoIjoiwygifQ")] // not UTF-8
    public async Task Rubbish_IsWorthNothing(string? text)
    {
        var (spId, client, _) = await CreateAsync(New);

        Assert.Null(spId.Read(client, text));
    }

    [Fact]
    public async Task EveryChangedByte_SpoilsIt()
    {
        var (spId, client, _) = await CreateAsync(New);
        var auth = Base64Url.DecodeFromChars(JsonElement.Parse(Base64Url.DecodeFromChars(spId.Issue(client, _visitor, _session))).GetProperty("auth").GetString());

        for (var at = 0; at < auth.Length; at++)
        {
            auth[at] ^= 1;
            Assert.Null(spId.Read(client, Base64Url.EncodeToString(Encoding.ASCII.GetBytes($$"""{"client_id":"news","auth":"{{Base64Url.EncodeToString(auth)}}"}"""))));
            auth[at] ^= 1;
        }
    }

    private const string New = "a new key of more than 32 characters";

    private const string Old = "an old key of more than 32 characters";

    private async Task<(SpId SpId, Client Client, Client Other)> CreateAsync(string key, params string[] former)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Clients:news:Secret"] = "s",
            ["Clients:shop:Secret"] = "s",
            ["Session:SigningKey"] = key,
        }.Concat(former.Select((text, index) => KeyValuePair.Create($"Session:FormerSigningKeys:{index}", (string?)text)))).Build();
        var settings = SpidSettings.Read(configuration);
        var keys = new SessionKeys(settings, new NoStore());
        await keys.StartAsync(CancellationToken.None);
        return (new SpId(keys, _clock), settings.Clients["news"], settings.Clients["shop"]);
    }

    private sealed class NoStore : ISettingStore
    {
        public Task<byte[]> GetOrCreateAsync(string name, Func<byte[]> create, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
