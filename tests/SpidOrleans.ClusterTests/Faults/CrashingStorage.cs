using Orleans.Storage;

namespace SpidOrleans.ClusterTests.Faults;

/// <summary>The real grain storage, whose writes break when a test says so: steps <c>write visitor</c> and <c>write user</c>.</summary>
public sealed class CrashingStorage(IGrainStorage inner, Crashes crashes) : IGrainStorage
{
    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        inner.ReadStateAsync(stateName, grainId, grainState);

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        crashes.AtAsync("write " + stateName, () => new IOException("a test took the database away"), async () =>
        {
            await inner.WriteStateAsync(stateName, grainId, grainState);
            return true;
        });

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        inner.ClearStateAsync(stateName, grainId, grainState);
}
