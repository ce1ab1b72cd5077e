using System.Text;
using SpidOrleans.Mixpanel.Delivery;
using Xunit;

namespace SpidOrleans.UnitTests.Mixpanel;

/// <summary>Mixpanel's limits for changes of profiles, each from both sides: at the preview, and at the client.</summary>
public sealed class EngageLimitTests : IDisposable
{
    private const string Change = """{"$token":"t","$distinct_id":"7","$set":{"a":1}}""";

    private readonly ClientUnderTest _sut = new();

    [Theory]
    [InlineData(2_000, 200)]
    [InlineData(2_001, 413)]
    public void Request_OfTwoThousandChanges_IsTaken(int count, int status) =>
        Assert.Equal(status, _sut.Preview.Engage(Array(Enumerable.Repeat(Change, count))).StatusCode);

    [Theory]
    [InlineData(1, true)]
    [InlineData(2_000, true)]
    [InlineData(2_001, false)]
    public async Task Batch_OfOneToTwoThousandChanges_IsSentAndNoOther(int count, bool isSent)
    {
        var project = ClientUnderTest.Project(new Uri(MixpanelProject.PreviewEndpoint));
        ReadOnlyMemory<byte>[] changes = [.. Enumerable.Range(0, count).Select(_ => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes("""{"$distinct_id":"7","$set":{"a":1}}"""))];

        if (isSent) Assert.IsType<SendOutcome.Accepted>(await _sut.Client.EngageAsync(project, changes, TestContext.Current.CancellationToken));
        else await Assert.ThrowsAsync<ArgumentException>(() => _sut.Client.EngageAsync(project, changes, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData((1 << 20) - 1, true)]
    [InlineData(1 << 20, false)]
    public void Change_UnderOneMegabyte_IsTaken(int bytes, bool isTaken)
    {
        const string around = """{"$token":"t","$distinct_id":"7","$set":{"a":""}}""";

        Assert.Equal(isTaken, IsTaken(around.Replace("\"\"", $"\"{new string('x', bytes - around.Length)}\"", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(2_000, true)]
    [InlineData(2_001, false)]
    public void Change_OfTwoThousandProperties_IsTaken(int count, bool isTaken) => Assert.Equal(
        isTaken, IsTaken($$$"""{"$token":"t","$distinct_id":"7","$set":{{{{string.Join(',', Enumerable.Range(0, count).Select(n => $"\"p{n}\":1"))}}}}}"""));

    [Theory]
    [InlineData(255, true)]
    [InlineData(256, false)]
    public void DistinctId_OfUpTo255Characters_IsTaken(int length, bool isTaken) =>
        Assert.Equal(isTaken, IsTaken(Change.Replace("\"7\"", $"\"{new string('i', length)}\"", StringComparison.Ordinal)));

    public void Dispose() => _sut.Dispose();

    private bool IsTaken(string change)
    {
        _sut.Preview.Engage(Array([change]));
        return _sut.Preview.LatestProfiles(1).Count == 1;
    }

    private static byte[] Array(IEnumerable<string> changes) => Encoding.UTF8.GetBytes($"[{string.Join(',', changes)}]");
}
