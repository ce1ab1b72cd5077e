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
    /// <exception cref="StorageUnavailableException">A newer build has used this file.</exception>
    public int Migrate(SqliteSession session)
    {
        while (true)
        {
            // The lock comes before the question, or two would see the same gap.
            session.Execute("BEGIN IMMEDIATE");
            session.Execute("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT");
            var version = ReadVersion(session);
            if (version > _scripts.Count)
                throw new StorageUnavailableException(
                    $"{SqliteLocation.Key}: the database has schema version {version}, this build knows versions up to {_scripts.Count}: start the newer build");
            if (version < _scripts.Count) Apply(session, _scripts[version]);
            session.Execute("COMMIT");
            if (version == _scripts.Count) return version;
        }
    }

    private static int ReadVersion(SqliteSession session)
    {
        var statement = session.Prepare("SELECT coalesce(max(version), 0) FROM schema_version");
        statement.Step();
        var version = (int)statement.Int64(0);
        statement.Reset();
        return version;
    }

    private void Apply(SqliteSession session, SchemaScript script)
    {
        session.ExecuteScript(script.Text);
        session.Prepare("INSERT INTO schema_version (version, name, applied_at) VALUES (?, ?, ?)")
            .Bind(1, script.Version).Bind(2, script.Name).Bind(3, clock.GetUtcNow().ToUnixTimeMilliseconds()).Run();
    }
}
