namespace SpidOrleans.Storage;

/// <summary>Remembers with how many shards each project's rows were placed.</summary>
public interface IProjectStore
{
    /// <summary>Records the configured numbers. A number may change only while the project has no pending events: they lie
    /// where the old number put them, and a lane that spans two shards loses its order.</summary>
    /// <param name="shards">Configured shards by project name.</param>
    /// <returns>The shards of every project ever configured: a lane may hold rows of one that no longer is.</returns>
    /// <exception cref="ShardsChangedException">A changed number; nothing was recorded.</exception>
    Task<IReadOnlyDictionary<string, int>> EnsureShardsAsync(
        IReadOnlyDictionary<string, int> shards, CancellationToken cancellationToken);
}
