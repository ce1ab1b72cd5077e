namespace SpidOrleans.Contracts.Settings;

/// <summary>Small values that the product makes once and keeps with its data, such as the key that signs cookies.</summary>
public interface ISettingStore
{
    /// <summary>The stored value; if there is none, stores <paramref name="create"/>'s first. When several ask at once, one
    /// value wins and all get that one. What is returned is durable and never changes.</summary>
    /// <param name="name">1 to 64 of <c>[a-z0-9.-]</c>.</param>
    /// <param name="create">Makes the value; its result may be thrown away.</param>
    Task<byte[]> GetOrCreateAsync(string name, Func<byte[]> create, CancellationToken cancellationToken);
}
