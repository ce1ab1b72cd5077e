namespace SpidOrleans.Storage;

/// <summary>The database behind everything durable.</summary>
public interface IStorage
{
    /// <summary>Opens the database and brings its schema up to date. To be called before anything else starts; a second call
    /// does nothing.</summary>
    /// <exception cref="StorageUnavailableException">With one line that names <c>Storage:ConnectionString</c>.</exception>
    Task InitializeAsync(CancellationToken cancellationToken);
}
