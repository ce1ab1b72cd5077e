using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Hosting;
using SpidOrleans.Contracts.Settings;
using SpidOrleans.Web.Configuration;

namespace SpidOrleans.Web.SignIn;

/// <summary>The keys of the sign-in, the same on every silo: derived from <c>Session:SigningKey</c> or from one that was made once
/// and is kept in the database.</summary>
internal sealed class SignInKeys(SpidSettings settings, ISettingStore store) : IHostedService
{
    private const string KeySetting = "sign-in-key";
    private const int KeyBytes = 32;

    private byte[]? _root = settings.Session.SigningKey;

    /// <summary>Before the host listens.</summary>
    public async Task StartAsync(CancellationToken cancellationToken) =>
        _root ??= await store.GetOrCreateAsync(KeySetting, () => RandomNumberGenerator.GetBytes(KeyBytes), cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <param name="purpose">Keys of different purposes tell nothing of each other.</param>
    public byte[] Derive(string purpose) => HKDF.DeriveKey(
        HashAlgorithmName.SHA256,
        _root ?? throw new InvalidOperationException("the sign-in's key is read when the host starts"),
        KeyBytes, info: Encoding.UTF8.GetBytes("SpidOrleans sign-in: " + purpose));
}
