namespace SpidOrleans.Benchmarks.Floor;

/// <summary>The one table of every floor on SQLite; each event is a transaction of its own.</summary>
internal static class SqliteTable
{
    public const string Create =
        "CREATE TABLE IF NOT EXISTS event (position INTEGER PRIMARY KEY AUTOINCREMENT, visitor TEXT, name TEXT, time INTEGER, insert_id TEXT, properties BLOB)";

    public const string Insert =
        "INSERT INTO event (visitor, name, time, insert_id, properties) VALUES ($visitor, $name, $time, $insertId, $properties)";
}
