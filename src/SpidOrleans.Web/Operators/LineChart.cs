using System.Globalization;
using System.Text;

namespace SpidOrleans.Web.Operators;

/// <summary>Puts values on a small chart's line. Pure.</summary>
internal static class LineChart
{
    public const int Width = 240;
    public const int Height = 48;

    /// <summary>Room for the line's own width.</summary>
    private const double Margin = 2;

    /// <param name="values">Below zero: a gap.</param>
    /// <param name="max">The top of the chart; at least one value's.</param>
    /// <param name="slots">As many as the whole width has: fewer values end at the right.</param>
    /// <returns>An SVG path.</returns>
    public static string PathOf(IReadOnlyList<double> values, double max, int slots)
    {
        var path = new StringBuilder();
        var isOpen = false;
        var step = (Width - 2 * Margin) / Math.Max(1, slots - 1);
        for (var i = 0; i < values.Count; i++)
        {
            if (values[i] < 0)
            {
                isOpen = false;
                continue;
            }

            var x = Width - Margin - (values.Count - 1 - i) * step;
            var y = Height - Margin - (max > 0 ? values[i] / max : 0) * (Height - 2 * Margin);
            path.Append(CultureInfo.InvariantCulture, $"{(isOpen ? 'L' : 'M')}{x:0.#} {y:0.#}");
            isOpen = true;
        }

        return path.ToString();
    }
}
