using System.Globalization;
using System.Security.Cryptography;
using Xunit;

namespace SpidOrleans.ChaosTests;

/// <summary>Where a run's chance comes from: <c>SPID_CHAOS_SEED</c>, or a new one; printed either way.</summary>
internal static class Seed
{
    private const string Variable = "SPID_CHAOS_SEED";

    public static int Take()
    {
        var seed = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given
            ? int.Parse(given, CultureInfo.InvariantCulture)
            : RandomNumberGenerator.GetInt32(int.MaxValue);
        TestContext.Current.TestOutputHelper?.WriteLine($"{Variable}={seed}");
        return seed;
    }
}
