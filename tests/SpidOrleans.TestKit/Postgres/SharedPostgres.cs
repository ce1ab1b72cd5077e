namespace SpidOrleans.TestKit.Postgres;

/// <summary>One server for all tests of an assembly, started when the first asks for it and ended after the last: an assembly
/// fixture. Who kills or freezes a server takes one of his own.</summary>
public sealed class SharedPostgres : IAsyncDisposable
{
    private readonly Lazy<Task<PostgresServer>> _server = new(() => PostgresServer.StartAsync());

    /// <returns>The connection string of a database that nobody else uses.</returns>
    public async Task<string> CreateDatabaseAsync()
    {
        var server = await _server.Value;
        return await server.CreateDatabaseAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_server.IsValueCreated) return;
        var server = await _server.Value;
        await server.DisposeAsync();
    }
}
