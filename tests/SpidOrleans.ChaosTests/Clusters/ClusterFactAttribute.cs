using System.Runtime.CompilerServices;
using SpidOrleans.TestKit.Postgres;
using Xunit;

namespace SpidOrleans.ChaosTests.Clusters;

/// <summary>A test that needs PostgreSQL's programs, and says so where they are missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ClusterFactAttribute : FactAttribute
{
    public ClusterFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1) : base(file, line)
    {
        Skip = PostgresServer.NotInstalled;
        SkipUnless = nameof(PostgresServer.IsInstalled);
        SkipType = typeof(PostgresServer);
    }
}
