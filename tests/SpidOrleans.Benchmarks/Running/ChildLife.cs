namespace SpidOrleans.Benchmarks.Running;

/// <summary>The other end of <see cref="ChildServer"/>.</summary>
internal static class ChildLife
{
    /// <summary>Ends when the parent has closed our standard input, or is gone.</summary>
    public static async Task UntilParentIsGoneAsync()
    {
        await using var input = Console.OpenStandardInput();
        var buffer = new byte[1];
        while (await input.ReadAsync(buffer) > 0)
        {
        }
    }
}
