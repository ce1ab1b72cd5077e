using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace SpidOrleans.Web.SignIn;

/// <summary>The provider's addresses and keys. Whoever needs them while they are fetched waits for the same fetch, and a failure
/// holds for a moment: when the provider hangs, nobody waits for it longer than one time-out.</summary>
internal sealed class ProviderConfiguration(IConfigurationManager<OpenIdConnectConfiguration> inner, TimeProvider clock)
    : BaseConfigurationManager, IConfigurationManager<OpenIdConnectConfiguration>
{
    /// <summary>Of a failure: longer spares the provider, shorter lets people in sooner when it is back.</summary>
    private static readonly TimeSpan FailureKept = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private Task<OpenIdConnectConfiguration>? _fetch;
    private long _failedAt;

    public Task<OpenIdConnectConfiguration> GetConfigurationAsync(CancellationToken cancel)
    {
        Task<OpenIdConnectConfiguration> fetch;
        lock (_gate)
        {
            var isUsable = _fetch is not null && (!_fetch.IsCompleted || (!_fetch.IsCompletedSuccessfully && clock.GetElapsedTime(_failedAt) < FailureKept));
            // One that has succeeded is kept by the inner one, which knows when it is too old.
            if (!isUsable) _fetch = FetchAsync();
            fetch = _fetch!;
        }

        return fetch.WaitAsync(cancel);
    }

    public override async Task<BaseConfiguration> GetBaseConfigurationAsync(CancellationToken cancel) => await GetConfigurationAsync(cancel);

    public override void RequestRefresh() => inner.RequestRefresh();

    private async Task<OpenIdConnectConfiguration> FetchAsync()
    {
        // Off the lock; and the first caller's leaving must not end it for the others.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            return await inner.GetConfigurationAsync(CancellationToken.None);
        }
        catch
        {
            _failedAt = clock.GetTimestamp();
            throw;
        }
    }
}
