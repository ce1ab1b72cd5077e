namespace SpidOrleans.Benchmarks.Running;

/// <summary>The last lines: each side's median, and how many times as fast the silo is.</summary>
internal static class Summary
{
    public static void Print(IReadOnlyList<Turn> turns, string subject)
    {
        var silo = Median(turns, subject);
        Console.WriteLine();
        Console.WriteLine($"{"median of turns",-18} {"requests/s",10}   {subject} is");
        foreach (var who in turns.Select(turn => turn.Who).Distinct().Reverse())
        {
            var median = Median(turns, who);
            Console.WriteLine($"{who,-18} {median,10:N0}" + (who == subject ? "" : $"   {silo / median:N2} times as fast"));
        }

        Console.WriteLine($"answers other than 202: {string.Join(", ", turns.GroupBy(turn => turn.Who).Select(NotAccepted).Reverse())}");
    }

    private static string NotAccepted(IGrouping<string, Turn> turns) => $"{turns.Key} {turns.Sum(turn => turn.Load.NotAccepted)}";

    private static double Median(IReadOnlyList<Turn> turns, string who)
    {
        double[] rates = [.. turns.Where(turn => turn.Who == who).Select(turn => turn.Load.PerSecond).Order()];
        return (rates[(rates.Length - 1) / 2] + rates[rates.Length / 2]) / 2;
    }
}
