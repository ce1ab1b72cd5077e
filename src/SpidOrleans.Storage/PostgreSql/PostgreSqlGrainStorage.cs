using System.Globalization;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Serialization.Serializers;
using Orleans.Storage;

namespace SpidOrleans.Storage.PostgreSql;

/// <summary>Orleans' ADO.NET storage, with reads in groups, and with the database's failures told without the statement and its
/// values.</summary>
internal sealed class PostgreSqlGrainStorage(
    IGrainStorage inner, PostgreSqlDatabase database, PostgreSqlStateReader reader, IGrainStorageSerializer serializer,
    IActivatorProvider activators, IOptions<ClusterOptions> cluster) : IGrainStorage
{
    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var key = grainId.Key.ToString()!;
        // Orleans keeps keys that are numbers in columns of their own.
        if (key.Length == 0 || !char.IsAsciiLetter(key[0]) || Guid.TryParse(key, out _))
        {
            await OrUnavailableAsync(inner.ReadStateAsync(stateName, grainId, grainState));
            return;
        }

        var stored = await reader.ReadAsync(cluster.Value.ServiceId, stateName, key);
        grainState.State = stored?.Payload is { } payload ? serializer.Deserialize<T>(new BinaryData(payload)) : activators.GetActivator<T>().Create();
        grainState.ETag = stored?.Version.ToString(CultureInfo.InvariantCulture);
        grainState.RecordExists = stored?.Payload is not null;
    }

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
