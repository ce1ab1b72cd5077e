namespace SpidOrleans.Storage.Sqlite;

/// <summary>Brings the schema up to date: each script once, in the transaction that records it.</summary>
internal sealed class SqliteMigrator(TimeProvider clock)
{
    private readonly IReadOnlyList<SchemaScript> _scripts = SchemaScript.ReadAll("Sqlite");

    /// <summary>For tests: other scripts than the product's.</summary>
    internal SqliteMigrator(TimeProvider clock, IReadOnlyList<SchemaScript> scripts) : this(clock) => _scripts = scripts;

    /// <summary>Safe when several start at once: whoever gets the write lock first applies the next script, the others then
    /// see its version.</summary>
    /// <returns>The version that the file now has.</returns>
    /// <exception cref="StorageUnavailableException">A newer build has changed this file in a way that this one does not know.</exception>
    public int Migrate(SqliteSession session)
    {
        while (true)
        {
            // The lock comes before the question, or two would see the same gap.
            session.Execute("BEGIN IMMEDIATE");
            session.Execute("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT");
            if (!HasCompatibility(session)) session.Execute("ALTER TABLE schema_version ADD COLUMN compatible_from INTEGER");
            var (version, compatibleFrom) = ReadVersion(session);
            SchemaScript.RequireCompatible(SqliteLocation.Key, version, compatibleFrom, _scripts.Count);
            if (version < _scripts.Count) Apply(session, _scripts[version]);
            session.Execute("COMMIT");
            if (version >= _scripts.Count) return version;
        }
    }

    /// <summary>Files of former builds have not.</summary>
    private static bool HasCompatibility(SqliteSession session)
    {
        var statement = session.Prepare("SELECT count(*) FROM pragma_table_info('schema_version') WHERE name = 'compatible_from'");
        statement.Step();
        var has = statement.Int64(0) > 0;
        statement.Reset();
        return has;
    }

    private (int Version, int CompatibleFrom) ReadVersion(SqliteSession session)
    {
        var statement = session.Prepare(
            "SELECT coalesce(max(version), 0), coalesce(max(coalesce(compatible_from, version)) FILTER (WHERE version > ?), 0) FROM schema_version").Bind(1, _scripts.Count);
        statement.Step();
        var version = ((int)statement.Int64(0), (int)statement.Int64(1));
        statement.Reset();
        return version;
    }

    private void Apply(SqliteSession session, SchemaScript script)
    {
        session.ExecuteScript(script.Text);
        session.Prepare("INSERT INTO schema_version (version, name, applied_at, compatible_from) VALUES (?, ?, ?, ?)")
            .Bind(1, script.Version).Bind(2, script.Name).Bind(3, clock.GetUtcNow().ToUnixTimeMilliseconds()).Bind(4, script.CompatibleFrom).Run();
    }
}
