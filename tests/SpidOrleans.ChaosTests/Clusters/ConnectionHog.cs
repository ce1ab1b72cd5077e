using Npgsql;

namespace SpidOrleans.ChaosTests.Clusters;

/// <summary>Takes every connection that PostgreSQL has, those in use included, and keeps them until it is disposed.</summary>
internal sealed class ConnectionHog : IAsyncDisposable
{
    private const string CutOffOthersSql =
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE backend_type = 'client backend' AND application_name <> 'hog'";

    private static readonly TimeSpan AgainAfter = TimeSpan.FromMilliseconds(100);

    private readonly List<NpgsqlConnection> _taken = [];
    private readonly CancellationTokenSource _enough = new();
    private readonly string _connectionString;
    private Task _work = Task.CompletedTask;

    private ConnectionHog(string connectionString) => _connectionString =
        new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, Timeout = 5, ApplicationName = "hog" }.ToString();

    /// <returns>Once there is none left; what others get hold of in passing is taken from them again.</returns>
    public static async Task<ConnectionHog> TakeAllAsync(string connectionString)
    {
        var hog = new ConnectionHog(connectionString);
        await hog.TakeAsync();
        hog._work = hog.KeepTakingAsync();
        return hog;
    }

    public async ValueTask DisposeAsync()
    {
        await _enough.CancelAsync();
        await _work;
        foreach (var connection in _taken) await connection.DisposeAsync();
        _enough.Dispose();
    }

    private async Task KeepTakingAsync()
    {
        while (!_enough.IsCancellationRequested)
        {
            await TakeAsync();
            await Task.Delay(AgainAfter, _enough.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task TakeAsync()
    {
        if (_taken.Count > 0)
        {
            await using var cut = new NpgsqlCommand(CutOffOthersSql, _taken[0]);
            await cut.ExecuteScalarAsync();
        }

        try
        {
            while (true)
            {
                var connection = new NpgsqlConnection(_connectionString);
                await connection.OpenAsync();
                _taken.Add(connection);
            }
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.TooManyConnections)
        {
            // All taken.
        }
    }
}
