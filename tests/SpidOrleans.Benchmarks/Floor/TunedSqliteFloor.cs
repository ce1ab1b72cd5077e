using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace SpidOrleans.Benchmarks.Floor;

/// <summary>Open connections with prepared statements, taken from our own stock.</summary>
internal sealed class TunedSqliteFloor : IFloor
{
    private readonly string _connectionString;
    private readonly SemaphoreSlim? _turn;
    private readonly ConcurrentBag<TunedSqliteConnection> _idle = [];

    public TunedSqliteFloor(string file, FloorKind kind)
    {
        _connectionString = new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString();
        _turn = kind == FloorKind.Shared ? new SemaphoreSlim(1) : null;
        var first = new TunedSqliteConnection(_connectionString);
        first.CreateTable();
        _idle.Add(first);
    }

    public async Task InsertAsync(IReadOnlyList<FloorEvent> events)
    {
        foreach (var one in events)
        {
            if (_turn is not null) await _turn.WaitAsync();
            var connection = _idle.TryTake(out var idle) ? idle : new TunedSqliteConnection(_connectionString);
            try
            {
                connection.Insert(one);
            }
            finally
            {
                _idle.Add(connection);
                _turn?.Release();
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        while (_idle.TryTake(out var connection)) connection.Dispose();
        _turn?.Dispose();
        return ValueTask.CompletedTask;
    }
}
