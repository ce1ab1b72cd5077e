using SpidOrleans.TestKit.Postgres;
using Xunit;

[assembly: AssemblyFixture(typeof(SharedPostgres))]
