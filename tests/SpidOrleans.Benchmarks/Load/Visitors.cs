using System.Buffers.Text;
using System.Text;

namespace SpidOrleans.Benchmarks.Load;

/// <summary>Whose the events are: so that lanes, activations and indexes are as many as on a site of that size.</summary>
/// <param name="count">Known ones, of whom each event picks one at random; null: each event has a new one.</param>
internal sealed class Visitors(int? count)
{
    public const int IdLength = 36;

    private readonly byte[] _ids = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, count ?? 0).Select(_ => Guid.NewGuid().ToString())));

    /// <param name="id">Gets the visitor's id, <see cref="IdLength"/> bytes.</param>
    public void Pick(Random random, Span<byte> id)
    {
        if (count is null) Utf8Formatter.TryFormat(Guid.NewGuid(), id, out _);
        else _ids.AsSpan(random.Next(count.Value) * IdLength, IdLength).CopyTo(id);
    }
}
