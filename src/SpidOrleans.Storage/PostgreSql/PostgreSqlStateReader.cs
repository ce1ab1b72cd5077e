using Npgsql;

namespace SpidOrleans.Storage.PostgreSql;

/// <summary>Reads grain state for all activations that wait at a moment with one statement: a site full of new visitors is
/// otherwise a round trip for each of them. There is no timer; while one statement runs, the next group gathers.</summary>
internal sealed class PostgreSqlStateReader(PostgreSqlDatabase database)
{
    /// <summary>Rows of one statement.</summary>
    private const int GroupMax = 1_000;

    /// <summary>Activations that may wait; more are told that the database is too slow.</summary>
    private const int WaitingMax = 20_000;

    // Keys of text leave the two numbers 0.
    private const string ReadSql =
        """
        SELECT wanted.number, stored.version, stored.payload
        FROM unnest($2, $3) WITH ORDINALITY AS wanted (state, extension, number)
        JOIN orleans_state AS stored ON stored.service = $1 AND stored.state = wanted.state
          AND stored.n0 = 0 AND stored.n1 = 0 AND stored.extension = wanted.extension
        """;

    private readonly Lock _gate = new();
    private List<Request> _waiting = [];
    private bool _isReading;

    /// <returns>Null when nothing was ever stored, else the version and what is stored, which may have been cleared.</returns>
    /// <exception cref="StorageUnavailableException">The database did not answer, or too many wait for it.</exception>
    public Task<StoredState?> ReadAsync(string service, string state, string key)
    {
        var request = new Request(service, state, key);
        lock (_gate)
        {
            if (_waiting.Count >= WaitingMax) throw new StorageUnavailableException($"'{database.Name}' is slower than new visitors come");
            _waiting.Add(request);
            if (_isReading) return request.Answer.Task;
            _isReading = true;
        }

        // Off the grain's scheduler: the loop serves everybody.
        _ = Task.Run(ReadWaitingAsync);
        return request.Answer.Task;
    }

    private async Task ReadWaitingAsync()
    {
        while (TakeGroup() is { } group)
        {
            try
            {
                await ReadAsync(group);
                foreach (var request in group) request.Answer.TrySetResult(request.Found);
            }
            catch (Exception exception)
            {
                var reason = new StorageUnavailableException($"'{database.Name}' {PostgreSqlFailure.Describe(exception)}", exception);
                foreach (var request in group) request.Answer.TrySetException(reason);
            }
        }
    }

    private List<Request>? TakeGroup()
    {
        lock (_gate)
        {
            if (_waiting.Count == 0)
            {
                _isReading = false;
                return null;
            }

            var group = _waiting.Count <= GroupMax ? _waiting : _waiting.GetRange(0, GroupMax);
            _waiting = _waiting.Count <= GroupMax ? [] : _waiting.GetRange(GroupMax, _waiting.Count - GroupMax);
            return group;
        }
    }

    private async Task ReadAsync(List<Request> group)
    {
        await using var command = database.Source.CreateCommand(ReadSql);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = group[0].Service });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. group.Select(request => request.State)] });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. group.Select(request => request.Key)] });
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            group[(int)reader.GetInt64(0) - 1].Found =
                new StoredState(reader.GetInt32(1), await reader.IsDBNullAsync(2) ? null : reader.GetFieldValue<byte[]>(2));
        }
    }

    /// <param name="Version">The ETag's number.</param>
    /// <param name="Payload">Null once cleared.</param>
    internal sealed record StoredState(int Version, byte[]? Payload);

    /// <param name="Service">The same for all of a process.</param>
    private sealed record Request(string Service, string State, string Key)
    {
        public TaskCompletionSource<StoredState?> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public StoredState? Found { get; set; }
    }
}
