using Orleans.Storage;

namespace SpidOrleans.Storage.PostgreSql;

/// <summary>Orleans' ADO.NET storage, whose failures of the database become ours: without the statement and its values.</summary>
internal sealed class PostgreSqlGrainStorage(IGrainStorage inner, PostgreSqlDatabase database) : IGrainStorage
{
    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        OrUnavailableAsync(inner.ReadStateAsync(stateName, grainId, grainState));

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        OrUnavailableAsync(inner.WriteStateAsync(stateName, grainId, grainState));

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        OrUnavailableAsync(inner.ClearStateAsync(stateName, grainId, grainState));

    private async Task OrUnavailableAsync(Task work)
    {
        try
        {
            await work;
        }
        catch (InconsistentStateException conflict)
        {
            // Orleans' own message names the grain, and so the person; it would end in the log.
            throw new InconsistentStateException("another activation has written it", conflict.StoredEtag, conflict.CurrentEtag);
        }
        catch (Exception exception) when (PostgreSqlFailure.IsFailure(exception))
        {
            throw new StorageUnavailableException($"'{database.Name}' {PostgreSqlFailure.Describe(exception)}", exception);
        }
    }
}
