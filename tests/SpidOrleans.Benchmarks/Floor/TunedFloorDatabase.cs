using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace SpidOrleans.Benchmarks.Floor;

/// <summary>Open connections with prepared statements, taken from our own stock.</summary>
internal sealed class TunedFloorDatabase : IFloorDatabase
{
    private readonly string _connectionString;
    private readonly SemaphoreSlim? _turn;
    private readonly ConcurrentBag<FloorConnection> _idle = [];

    public TunedFloorDatabase(string file, FloorConnections connections)
    {
        _connectionString = new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString();
        _turn = connections == FloorConnections.Shared ? new SemaphoreSlim(1) : null;
        var first = new FloorConnection(_connectionString);
        first.CreateTable();
        _idle.Add(first);
    }

    public async Task InsertAsync(string visitorId, string name, string properties)
    {
        if (_turn is not null) await _turn.WaitAsync();
        var connection = _idle.TryTake(out var idle) ? idle : new FloorConnection(_connectionString);
        try
        {
            connection.Insert(visitorId, name, properties);
        }
        finally
        {
            _idle.Add(connection);
            _turn?.Release();
        }
    }

    public void Dispose()
    {
        while (_idle.TryTake(out var connection)) connection.Dispose();
        _turn?.Dispose();
    }
}
