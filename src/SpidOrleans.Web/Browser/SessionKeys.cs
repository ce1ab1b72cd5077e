using System.Collections.Immutable;
using System.Security.Cryptography;
using Microsoft.Extensions.Hosting;
using SpidOrleans.Contracts.Settings;
using SpidOrleans.Web.Configuration;

namespace SpidOrleans.Web.Browser;

/// <summary>The keys under which browsers hold what they hold. The newest, first in each list, signs; all are taken.</summary>
public sealed class SessionKeys(SpidSettings settings, ISettingStore store) : IHostedService
{
    private const string Setting = "visitor-cookie-key";
    private const int KeyBytes = 32;

    private ImmutableArray<byte[]> _cookie;
    private ImmutableArray<byte[]> _spId;

    public ImmutableArray<byte[]> Cookie => Loaded(_cookie);

    /// <summary>Derived from the cookies' keys, and of no use for cookies.</summary>
    public ImmutableArray<byte[]> SpId => Loaded(_spId);

    /// <summary>Before the host listens: the keys come from the configuration or, one made once, from the database.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _cookie = settings.Session.SigningKey is { } newest
            ? [newest, .. settings.Session.FormerSigningKeys]
            : [await store.GetOrCreateAsync(Setting, () => RandomNumberGenerator.GetBytes(KeyBytes), cancellationToken)];
        _spId = [.. _cookie.Select(key => HKDF.DeriveKey(HashAlgorithmName.SHA256, key, KeyBytes, info: "SpidOrleans sp_id"u8.ToArray()))];
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static ImmutableArray<byte[]> Loaded(ImmutableArray<byte[]> keys) =>
        keys.IsDefault ? throw new InvalidOperationException("the keys are read when the host starts") : keys;
}
