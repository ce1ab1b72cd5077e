using SpidOrleans.Contracts.Health;
using SpidOrleans.Web.Admission;

namespace SpidOrleans.Facade;

/// <summary>Connects to the cluster in the background, and then feels its pulse: that says whether calls are served, and where the
/// silos are gone, each attempt to feel it is one to connect again.</summary>
internal sealed partial class ClusterConnection(
    IClusterClient client, GatewayCount gateways, TimeProvider clock, ILogger<ClusterConnection> logger) : BackgroundService, IClusterReach
{
    /// <summary>Between two pulses, and how long one may take. So long after silos came back are they noticed at most.</summary>
    private static readonly TimeSpan PulseInterval = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan PulseTimeout = TimeSpan.FromSeconds(3);

    /// <summary>Missed one after the other before the host counts as not ready: one silo of several may be on its way out.</summary>
    private const int MissesMax = 2;

    private readonly IHostedService _lifetime = (IHostedService)client;
    private volatile bool _isStarted;
    private int _misses = MissesMax;

    /// <summary>True while any silo is connected. Orleans' counts may reach us in the wrong order: a pulse that was felt is proof
    /// enough.</summary>
    public bool IsReachable => _isStarted && (gateways.IsAny || Volatile.Read(ref _misses) == 0);

    /// <summary>True while silos answer and have their database.</summary>
    public bool IsServing => IsReachable && Volatile.Read(ref _misses) < MissesMax;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        // A start that was cut short has cleaned up after itself.
        if (_isStarted) await _lifetime.StopAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await _lifetime.StartAsync(stoppingToken);
        _isStarted = true;

        bool? known = null;
        while (!stoppingToken.IsCancellationRequested)
        {
            _misses = await FeelPulseAsync(stoppingToken) ? 0 : Math.Min(_misses + 1, MissesMax);
            if (known != IsServing && !stoppingToken.IsCancellationRequested) LogChange(known = IsServing);
            await Task.Delay(PulseInterval, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<bool> FeelPulseAsync(CancellationToken stoppingToken)
    {
        try
        {
            // Calls are spread over the connected silos by key.
            return await client.GetGrain<IPulseGrain>(Random.Shared.NextInt64()).IsServingAsync().WaitAsync(PulseTimeout, clock, stoppingToken);
        }
        catch (Exception)
        {
            // Whatever it is: no pulse.
            return false;
        }
    }

    private void LogChange(bool? isServing)
    {
        if (isServing == true) LogServing(logger);
        else LogNotServing(logger);
    }

    [LoggerMessage(EventId = 6001, Level = LogLevel.Information, Message = "The cluster answers")]
    private static partial void LogServing(ILogger logger);

    [LoggerMessage(EventId = 6002, Level = LogLevel.Warning, Message =
        "The cluster does not answer, or lacks its database; calls are answered 503 until it does")]
    private static partial void LogNotServing(ILogger logger);
}
