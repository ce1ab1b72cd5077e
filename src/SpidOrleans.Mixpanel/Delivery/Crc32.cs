namespace SpidOrleans.Mixpanel.Delivery;

/// <summary>
/// CRC-32 as gzip has it (RFC 1952), of texts put together from parts whose sums are known. A sum is a polynomial over GF(2)
/// modulo <see cref="Modulus"/>, its highest bit the constant term; what follows a text of sum a multiplies a by x for each bit.
/// </summary>
internal static class Crc32
{
    private const uint Modulus = 0xEDB88320;

    /// <summary>The polynomial 1.</summary>
    private const uint One = 0x80000000;

    // x to the power of 2^n bytes.
    private static readonly uint[] Bytes = Squares();

    /// <summary>The sum of one text followed by another.</summary>
    /// <param name="second">The second's own sum.</param>
    /// <param name="length">The second's length in bytes, at least 0.</param>
    public static uint Join(uint first, uint second, int length)
    {
        var sum = first;
        for (var n = 0; length >> n != 0; n++)
        {
            if ((length >> n & 1) == 1) sum = Multiply(Bytes[n], sum);
        }

        return sum ^ second;
    }

    /// <summary>The sum of a text of one byte.</summary>
    public static uint Of(byte single)
    {
        // Gzip turns all bits over, before and after.
        var sum = ~(uint)single;
        for (var bit = 0; bit < 8; bit++) sum = TimesX(sum);
        return ~sum;
    }

    private static uint Multiply(uint a, uint b)
    {
        var product = 0u;
        for (; a != 0; a <<= 1, b = TimesX(b))
        {
            if ((a & One) != 0) product ^= b;
        }

        return product;
    }

    private static uint TimesX(uint a) => a >> 1 ^ ((a & 1) == 0 ? 0 : Modulus);

    private static uint[] Squares()
    {
        var squares = new uint[31];
        squares[0] = One >> 8;
        for (var n = 1; n < squares.Length; n++) squares[n] = Multiply(squares[n - 1], squares[n - 1]);
        return squares;
    }
}
