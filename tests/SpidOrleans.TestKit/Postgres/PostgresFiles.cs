using System.Globalization;

namespace SpidOrleans.TestKit.Postgres;

/// <summary>Where Debian puts PostgreSQL's programs; the highest version counts.</summary>
internal static class PostgresFiles
{
    private const string Home = "/usr/lib/postgresql";

    public static string? Folder { get; } = Find();

    public static string Program(string name) =>
        Path.Combine(Folder ?? throw new InvalidOperationException(PostgresServer.NotInstalled), name);

    private static string? Find() => Directory.Exists(Home)
        ? new DirectoryInfo(Home).GetDirectories()
            .OrderByDescending(version => double.TryParse(version.Name, CultureInfo.InvariantCulture, out var number) ? number : 0)
            .Select(version => Path.Combine(version.FullName, "bin"))
            .FirstOrDefault(folder => File.Exists(Path.Combine(folder, "postgres")) && File.Exists(Path.Combine(folder, "initdb")))
        : null;
}
