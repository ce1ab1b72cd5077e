namespace SpidOrleans.Storage.PostgreSql;

/// <summary>Where the PostgreSQL database is.</summary>
public sealed class PostgreSqlStorageOptions
{
    /// <summary><c>Storage:ConnectionString</c>, in Npgsql's words: <c>Host=…;Database=…;Username=…;Password=…</c>. What it
    /// leaves out is set by <see cref="PostgreSqlLocation"/>.</summary>
    public string ConnectionString { get; set; } = "";
}
