using System.Buffers;

namespace SpidOrleans.Benchmarks.Sink;

/// <summary>Counts the objects in an array of JSON that comes in pieces, and looks at nothing but what opens and closes.</summary>
internal struct ObjectCount
{
    private static readonly SearchValues<byte> Outside = SearchValues.Create("{}\""u8);
    private static readonly SearchValues<byte> InString = SearchValues.Create("\"\\"u8);

    private int _depth;
    private bool _isInString;
    private bool _isEscaped;

    public int Result { get; private set; }

    public void Add(ReadOnlySpan<byte> piece)
    {
        while (!piece.IsEmpty)
        {
            if (_isEscaped)
            {
                _isEscaped = false;
                piece = piece[1..];
                continue;
            }

            var next = piece.IndexOfAny(_isInString ? InString : Outside);
            if (next < 0) return;
            switch (piece[next])
            {
                case (byte)'"': _isInString = !_isInString; break;
                case (byte)'\\': _isEscaped = true; break;
                case (byte)'{' when _depth++ == 0: Result++; break;
                case (byte)'}': _depth--; break;
            }

            piece = piece[(next + 1)..];
        }
    }
}
