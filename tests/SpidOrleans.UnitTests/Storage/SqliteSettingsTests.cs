using SpidOrleans.Storage.Sqlite;
using Xunit;

namespace SpidOrleans.UnitTests.Storage;

public sealed class SqliteSettingsTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly DatabaseFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task GetOrCreate_KeepsTheFirstValue_AlsoAfterReopening()
    {
        await using (var database = await _folder.OpenAsync())
        {
            var settings = new SqliteSettings(database);
            Assert.Equal([1, 2], await settings.GetOrCreateAsync("key", () => [1, 2], Cancel));
            Assert.Equal([1, 2], await settings.GetOrCreateAsync("key", () => [3], Cancel));
            Assert.Equal([4], await settings.GetOrCreateAsync("other", () => [4], Cancel));
        }

        await using var reopened = await _folder.OpenAsync();
        Assert.Equal([1, 2], await new SqliteSettings(reopened).GetOrCreateAsync(
            "key", () => throw new InvalidOperationException("there is one"), Cancel));
    }

    [Fact]
    public async Task GetOrCreate_ByManyAtOnce_GivesAllTheSameValue()
    {
        await using var database = await _folder.OpenAsync();
        var settings = new SqliteSettings(database);
        using var allHaveOne = new CountdownEvent(8);
        // No value can be stored before all eight have found none and made one.
        var holding = database.Writer.RunAsync(_ => allHaveOne.Wait(Patience), Cancel);
        var values = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => settings.GetOrCreateAsync(
            "key",
            () =>
            {
                allHaveOne.Signal();
                return [(byte)i];
            },
            Cancel))).WaitAsync(Patience);
        Assert.True(await holding);
        Assert.Single(values.Select(Assert.Single).Distinct());
    }
}
