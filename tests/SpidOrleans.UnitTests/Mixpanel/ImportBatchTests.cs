using System.IO.Compression;
using System.Text;
using SpidOrleans.Mixpanel.Delivery;
using Xunit;

namespace SpidOrleans.UnitTests.Mixpanel;

public sealed class ImportBatchTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Batch_OfPartsInAnyMixture_IsOneGzipFileOfOneJsonArray(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 50; round++)
        {
            var batch = new ImportBatch();
            var all = new List<string>();
            foreach (var isCompressed in Enumerable.Range(0, random.Next(1, 12)).Select(_ => random.Next(2) == 0))
            {
                var part = Enumerable.Range(0, random.Next(1, 70)).Select(_ => TextOf(random)).ToList();
                all.AddRange(part);
                if (isCompressed) batch.Add(Compress(part));
                else part.ForEach(text => batch.Add(Encoding.UTF8.GetBytes(text)));
            }

            var expected = $"[{string.Join(',', all)}]";
            Assert.Equal(all.Count, batch.Count);
            Assert.Equal(Encoding.UTF8.GetByteCount(expected), batch.Bytes);
            // The stream checks sum and length of what it has read.
            Assert.Equal(expected, Written(batch));
            Assert.Equal(all.Count, batch.Count);
            Assert.Equal(expected, Written(batch));
        }
    }

    [Fact]
    public void CompressedEvents_AreWhatWasCompressed()
    {
        var compressed = Compress(["""{"a":1}""", """{"ä":2}"""]);

        Assert.Equal(2, compressed.Count);
        Assert.Equal("""{"a":1},{"ä":2}""", Encoding.UTF8.GetString(compressed.Decompress()));
    }

    [Fact]
    public void CompressedEvents_CutShort_AreRefused()
    {
        var compressed = Compress([.. Enumerable.Range(0, 100).Select(i => $$"""{"n":{{i}}}""")]);

        Assert.Throws<InvalidDataException>(() => (compressed with { Blocks = compressed.Blocks[..20] }).Decompress());
    }

    private static CompressedEvents Compress(List<string> texts) =>
        CompressedEvents.Compress([.. texts.Select(text => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(text))]);

    /// <summary>Some alike, some that do not compress, some large.</summary>
    private static string TextOf(Random random) =>
        $$"""{"event":"read","n":{{random.Next()}},"x":"{{new string('x', random.Next(20) == 0 ? random.Next(70_000) : random.Next(40))}}{{Convert.ToBase64String(Noise(random))}}"}""";

    private static byte[] Noise(Random random)
    {
        var noise = new byte[random.Next(10) == 0 ? random.Next(5_000) : 0];
        random.NextBytes(noise);
        return noise;
    }

    private static string Written(ImportBatch batch)
    {
        var file = new MemoryStream();
        batch.WriteTo(file);
        file.Position = 0;
        using var reader = new StreamReader(new GZipStream(file, CompressionMode.Decompress), Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
