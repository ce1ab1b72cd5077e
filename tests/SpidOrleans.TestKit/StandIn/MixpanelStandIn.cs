using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using SpidOrleans.TestKit.Hosting;

namespace SpidOrleans.TestKit.StandIn;

/// <summary>Mixpanel as its wire looks: a server on loopback that takes <c>/import</c> and <c>/engage</c>, records what it stores and
/// fails as it is told to. It knows nothing of the product's code, so that both cannot be wrong together.</summary>
public sealed partial class MixpanelStandIn : IAsyncDisposable
{
    private readonly int _port = Loopback.FreePort();
    private readonly ConcurrentQueue<string> _complaints = new();
    private readonly InFlight _inFlight = new();
    private WebApplication? _server;
    private long _requests;

    public Uri Endpoint => new($"http://127.0.0.1:{_port}");

    /// <summary>Every event stored so far; also where to wait for more.</summary>
    public ArrivalLog Arrivals { get; } = new();

    /// <summary>Every event refused for good, once for each time.</summary>
    public ArrivalLog Refused { get; } = new();

    /// <summary>Decides each request's fault; replace it at any time.</summary>
    public IFaultPlan Faults { get; set; } = new FaultQueue();

    /// <summary>Answers why an event is refused for good, or null.</summary>
    public Func<Arrival, string?>? Poison { get; set; }

    /// <summary>What no sender should have sent: wrong path, no credentials, no strict mode, too large, not JSON.</summary>
    public IReadOnlyCollection<string> Complaints => _complaints;

    /// <summary>Requests read to their end, whatever became of them.</summary>
    public long Requests => Interlocked.Read(ref _requests);

    /// <summary>The most requests of one project that were being handled at one moment.</summary>
    public int MostInFlight(string token) => _inFlight.Most(token);

    public static async Task<MixpanelStandIn> StartAsync(IFaultPlan? faults = null)
    {
        var standIn = new MixpanelStandIn();
        if (faults is not null) standIn.Faults = faults;
        await standIn.ComeBackAsync();
        return standIn;
    }

    /// <summary>Listens (again, on the same port).</summary>
    public async Task ComeBackAsync()
    {
        if (_server is not null) throw new InvalidOperationException("The stand-in is already listening.");
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, _port));
        var server = builder.Build();
        server.Run(HandleAsync);
        await server.StartAsync();
        _server = server;
    }

    /// <summary>Cuts every connection and refuses new ones until <see cref="ComeBackAsync"/>.</summary>
    public async Task GoAwayAsync()
    {
        if (Interlocked.Exchange(ref _server, null) is not { } server) return;
        // A token that is cancelled already: no waiting for requests that are being held.
        await server.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await server.DisposeAsync();
    }

    public async ValueTask DisposeAsync() => await GoAwayAsync();
}
