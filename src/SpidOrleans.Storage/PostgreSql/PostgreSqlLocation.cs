using Npgsql;

namespace SpidOrleans.Storage.PostgreSql;

/// <summary>A checked connection string.</summary>
/// <param name="Name">The database it names, for people: no user, no password.</param>
/// <param name="Host">The first host.</param>
/// <param name="ConnectionString">What our connections use.</param>
internal sealed record PostgreSqlLocation(string Name, string Host, string ConnectionString)
{
    public const string Key = "Storage:ConnectionString";

    /// <summary>Of one process. Several silos and PostgreSQL's own 100 connections must agree; grouping leaves little to do
    /// for more.</summary>
    private const int PoolSize = 20;

    /// <summary>To connect, and to wait for a connection of the pool.</summary>
    private const int ConnectSeconds = 3;

    /// <summary>A statement's. Together with <see cref="ConnectSeconds"/> below the ten seconds within which a caller is told
    /// that the database is away.</summary>
    private const int CommandSeconds = 4;

    /// <summary>More statements than there are: all are prepared once per connection.</summary>
    private const int PreparedMax = 64;

    // Every statement of ours is meant to walk an index. The planner, which guesses at the length of arrays, would rather
    // hash or read whole tables, and a plan for unknown arguments is as good as one for known.
    private const string PlannerSettings =
        "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c enable_bitmapscan=off -c jit=off -c plan_cache_mode=force_generic_plan";

    // The server's own time-outs end what a silo that hangs or vanished has left behind, locks above all: sooner than the
    // others' statements, which wait for them, give up. A machine that is gone says nothing, so it is asked.
    private const string LifeSettings =
        "-c statement_timeout=8s -c idle_in_transaction_session_timeout=2s -c client_connection_check_interval=2s "
        + "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3";

    /// <exception cref="StorageUnavailableException">It is not one, or names no host.</exception>
    public static PostgreSqlLocation Parse(string connectionString)
    {
        NpgsqlConnectionStringBuilder own;
        try
        {
            own = new NpgsqlConnectionStringBuilder(connectionString);
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or InvalidCastException)
        {
            throw new StorageUnavailableException($"{Key} is not a PostgreSQL connection string", exception);
        }

        if (string.IsNullOrEmpty(own.Host))
            throw new StorageUnavailableException($"{Key} names no host: it expects something like 'Host=db;Database=spid;Username=spid;Password=…'");

        SetUnlessGiven("Maximum Pool Size", PoolSize);
        SetUnlessGiven("Timeout", ConnectSeconds);
        SetUnlessGiven("Command Timeout", CommandSeconds);
        SetUnlessGiven("Max Auto Prepare", PreparedMax);
        SetUnlessGiven("Application Name", "SpidOrleans");
        // Of several hosts one takes writes.
        if (own.Host.Contains(',', StringComparison.Ordinal)) SetUnlessGiven("Target Session Attributes", "primary");
        own.AutoPrepareMinUsages = 2;
        own.Options = $"{own.Options} {PlannerSettings} {LifeSettings}".TrimStart();
        // After a time-out nothing is asked of the server any more: it may be the one that hangs.
        own.CancellationTimeout = -1;
        own.NoResetOnClose = true;
        // A refused row's values are a person's data.
        own.IncludeErrorDetail = false;
        return new PostgreSqlLocation($"{own.Host}:{own.Port}/{own.Database}", FirstHost(own.Host), own.ConnectionString);

        void SetUnlessGiven(string name, object value)
        {
            if (!own.ShouldSerialize(name)) own[name] = value;
        }
    }

    /// <summary>Each host of a list may bring its port.</summary>
    private static string FirstHost(string hosts)
    {
        var first = hosts.Split(',')[0].Trim();
        var colon = first.LastIndexOf(':');
        var isPort = colon > 0 && (first.IndexOf(':', StringComparison.Ordinal) == colon || first[colon - 1] == ']');
        return (isPort ? first[..colon] : first).Trim('[', ']');
    }
}
