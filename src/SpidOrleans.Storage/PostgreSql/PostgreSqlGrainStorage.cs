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
        catch (Exception exception) when (PostgreSqlFailure.IsFailure(exception))
        {
            throw new StorageUnavailableException($"'{database.Name}' {PostgreSqlFailure.Describe(exception)}", exception);
        }
    }
}
