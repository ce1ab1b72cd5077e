namespace SpidOrleans.Web.Configuration;

/// <summary>Section <c>Storage</c>.</summary>
public sealed record StorageSettings(StorageProvider Provider, string ConnectionString)
{
    public const string DefaultConnectionString = "Data Source=data/spidorleans.db";

    internal static StorageSettings Read(SectionReader section)
    {
        var provider = StorageProvider.Sqlite;
        section.Text("Provider", $"one of {string.Join(", ", Enum.GetNames<StorageProvider>())}",
            accepts: text => Enum.TryParse(text, ignoreCase: true, out provider) && Enum.IsDefined(provider) && !int.TryParse(text, out _));
        var connectionString = provider == StorageProvider.Sqlite
            ? section.Text("ConnectionString", "a connection string such as " + DefaultConnectionString) ?? DefaultConnectionString
            : section.RequiredText("ConnectionString", "a connection string such as Host=db;Database=spid;Username=spid;Password=…");
        section.RefuseUnknown();
        return new StorageSettings(provider, connectionString);
    }
}

/// <summary>What everything durable is kept in.</summary>
public enum StorageProvider
{
    /// <summary>One file, one process.</summary>
    Sqlite,

    /// <summary>One database, any number of silos.</summary>
    PostgreSql,
}
