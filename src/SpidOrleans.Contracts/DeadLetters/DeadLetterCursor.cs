using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace SpidOrleans.Contracts.DeadLetters;

/// <summary>Where a look at letters goes on, and where it ends: what is buried meanwhile is not looked at, so that whoever replays
/// everything does not go round in a circle.</summary>
/// <param name="After">The last letter that was looked at.</param>
/// <param name="Until">The last one that was there when the look began.</param>
[GenerateSerializer, Immutable, Alias("spid.dead-letter-cursor")]
public readonly record struct DeadLetterCursor([property: Id(0)] long After, [property: Id(1)] long Until)
{
    public static bool TryParse([NotNullWhen(true)] string? text, out DeadLetterCursor cursor)
    {
        cursor = default;
        var parts = text?.Split('-');
        if (parts is not [var after, var until] || !TryParseNumber(after, out var from) || !TryParseNumber(until, out var to)) return false;
        cursor = new DeadLetterCursor(from, to);
        return true;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{After}-{Until}");

    private static bool TryParseNumber(string text, out long number) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
