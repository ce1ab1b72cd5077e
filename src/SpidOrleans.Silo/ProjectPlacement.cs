using SpidOrleans.Contracts.Settings;
using SpidOrleans.Storage;
using SpidOrleans.Web.Configuration;

namespace SpidOrleans.Silo;

/// <summary>The grains' settings, complete once the database has said how many shards each project was given before.</summary>
internal sealed class ProjectPlacement(SpidSettings settings, IStorage storage, IProjectStore projects)
{
    private ClusterSettings? _settings;

    public ClusterSettings Settings => _settings ?? throw new InvalidOperationException("the storage is initialised before anything starts");

    /// <exception cref="StorageUnavailableException">The database cannot be used.</exception>
    /// <exception cref="ShardsChangedException">Pending events would be lost from sight.</exception>
    public async Task InitializeAsync(CancellationToken cancellationToken)
    {
        await storage.InitializeAsync(cancellationToken);
        var configured = settings.Cluster.Projects.ToDictionary(project => project.Key, project => project.Value.Shards);
        var placed = await projects.EnsureShardsAsync(configured, cancellationToken);
        _settings = settings.Cluster with { PlacedShards = placed };
    }
}

internal static class Projects
{
    public static IServiceCollection AddProjects(this IServiceCollection services, SpidSettings settings) => services
        .AddSingleton(provider => new ProjectPlacement(
            settings, provider.GetRequiredService<IStorage>(), provider.GetRequiredService<IProjectStore>()))
        .AddSingleton(provider => provider.GetRequiredService<ProjectPlacement>().Settings);

    /// <summary>Opens the database before anything that needs it starts.</summary>
    public static Task InitializeAsync(this WebApplication app, CancellationToken cancellationToken) =>
        app.Services.GetRequiredService<ProjectPlacement>().InitializeAsync(cancellationToken);
}
