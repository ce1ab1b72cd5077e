namespace SpidOrleans.Web.Configuration;

/// <summary>Section <c>Storage</c>.</summary>
public sealed record StorageSettings(string ConnectionString)
{
    public const string DefaultConnectionString = "Data Source=data/spidorleans.db";

    internal static StorageSettings Read(SectionReader section)
    {
        section.Text("Provider", "'Sqlite': PostgreSql is not available in this version",
            accepts: text => text.Equals("Sqlite", StringComparison.OrdinalIgnoreCase));
        var connectionString = section.Text("ConnectionString", "a connection string such as " + DefaultConnectionString);
        section.RefuseUnknown();
        return new StorageSettings(connectionString ?? DefaultConnectionString);
    }
}
