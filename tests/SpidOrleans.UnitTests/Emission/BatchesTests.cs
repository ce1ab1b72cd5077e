using System.IO.Compression;
using System.Text;
using SpidOrleans.Cluster.Emission;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Mixpanel.Delivery;
using Xunit;

namespace SpidOrleans.UnitTests.Emission;

public sealed class BatchesTests
{
    // A pack has four events: those of the first are 1 to 4, of the second 5 to 8; 9 is stored alone.
    [Theory]
    [InlineData("1 2 3 4 5 6 7 8", 2)]
    [InlineData("9 1 2 3 4", 1)]
    [InlineData("1 2 3 4 9 5 6 7 8", 2)]
    [InlineData("1 2 3", 0)] // cut
    [InlineData("2 3 4 5 6 7 8", 1)]
    [InlineData("1 2 4 5 6 7 8", 1)] // the third was delivered before
    [InlineData("1 5 6 7 8", 1)]
    [InlineData("9", 0)]
    public void Batch_TakesWhatIsStoredTogetherAsItIs_IfItGoesAsAWhole(string numbers, int whole)
    {
        OutboxPack[] packs = [PackOf(1), PackOf(5)];
        var rows = numbers.Split(' ').Select(int.Parse)
            .Select(n => n == 9 ? new OutboxRow(n, "9"u8.ToArray()) : new OutboxRow(n, packs[(n - 1) / 4], (n - 1) % 4)).ToList();

        var batch = Batches.Of(rows);

        var file = new MemoryStream();
        batch.WriteTo(file);
        Assert.Equal(whole, packs.Count(pack => file.ToArray().AsSpan().IndexOf(pack.Events.Blocks) >= 0));
        file.Position = 0;
        using var reader = new StreamReader(new GZipStream(file, CompressionMode.Decompress));
        Assert.Equal($"[{numbers.Replace(' ', ',')}]", reader.ReadToEnd());
    }

    private static OutboxPack PackOf(int first)
    {
        var events = CompressedEvents.Compress([.. Enumerable.Range(first, 4).Select(n => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes($"{n}"))]);
        return new OutboxPack([1, 1, 1, 1], events.Sum, events.Blocks);
    }
}
