using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace SpidOrleans.BrowserTests.StandIn;

/// <summary>
/// A session cluster as the SDK sees it, on one port, and a site that uses it, on another: whatever passes here passes
/// across origins. It records every event of every request and fails as it is told to.
/// </summary>
public sealed partial class SessionStandIn : IAsyncDisposable
{
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(30);

    private readonly WebApplication _app;
    private readonly Lock _lock = new();
    private readonly List<Arrival> _arrivals = [];
    private readonly List<DateTimeOffset> _requests = [];
    private readonly ConcurrentQueue<CollectFault> _faults = new();
    private readonly List<bool> _consents = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _sessionCalls;

    private SessionStandIn(WebApplication app) => _app = app;

    /// <summary>The session cluster's origin.</summary>
    public Uri Cluster { get; private set; } = null!;

    /// <summary>The origin of the site that loads the SDK.</summary>
    public Uri Site { get; private set; } = null!;

    public SessionMode Session { get; set; }

    /// <summary>Who is signed in; null: nobody.</summary>
    public string? User { get; set; }

    /// <summary>How far the server's clock is ahead of the browser's.</summary>
    public TimeSpan ClockAhead { get; set; }

    /// <summary>Requests with an event of this name are refused with 400, which names the event.</summary>
    public string? Poison { get; set; }

    /// <summary>What every request to <c>/v1/collect</c> meets, for as long as it is set.</summary>
    public CollectFault? Standing { get; set; }

    /// <summary>More events than this in a request are refused with 413.</summary>
    public int EventsMax { get; set; } = int.MaxValue;

    public int SessionCalls => Volatile.Read(ref _sessionCalls);

    /// <summary>Everything that has come so far, repeats and refused ones included.</summary>
    public IReadOnlyList<Arrival> Arrivals
    {
        get { lock (_lock) return [.. _arrivals]; }
    }

    /// <summary>What has been said to <c>/v1/collect/consent</c>.</summary>
    public IReadOnlyList<bool> Consents
    {
        get { lock (_lock) return [.. _consents]; }
    }

    /// <summary>When each request to <c>/v1/collect</c> came.</summary>
    public IReadOnlyList<DateTimeOffset> Requests
    {
        get { lock (_lock) return [.. _requests]; }
    }

    public static async Task<SessionStandIn> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Listen(IPAddress.Loopback, 0);
        });
        var app = builder.Build();
        var standIn = new SessionStandIn(app);
        standIn.Map();
        await app.StartAsync();
        var origins = app.Urls.Select(url => new Uri(url)).ToArray();
        standIn.Cluster = origins[0];
        standIn.Site = origins[1];
        return standIn;
    }

    /// <summary>The next requests to <c>/v1/collect</c> meet these, one each, in order.</summary>
    public void Meet(params CollectFault[] faults)
    {
        foreach (var fault in faults) _faults.Enqueue(fault);
    }

    /// <summary>Lets go of everything that hangs.</summary>
    public void Release()
    {
        Session = SessionMode.Answers;
        Interlocked.Exchange(ref _released, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
    }

    /// <summary>Waits until the stored events are as told.</summary>
    public Task<IReadOnlyList<Arrival>> WaitForStoredAsync(Func<IReadOnlyList<Arrival>, bool> condition) =>
        WaitAsync(() => Stored, condition);

    /// <summary>Waits until that many requests to <c>/v1/collect</c> have come, whatever became of them.</summary>
    public Task WaitForRequestsAsync(int count) => WaitAsync(() => Requests, requests => requests.Count >= count);

    public Task WaitForSessionCallsAsync(int count) => WaitAsync(() => SessionCalls, calls => calls >= count);

    private IReadOnlyList<Arrival> Stored => [.. Arrivals.Where(arrival => arrival.IsStored)];

    private async Task<T> WaitAsync<T>(Func<T> look, Func<T, bool> condition)
    {
        using var limit = new CancellationTokenSource(WaitMax);
        while (true)
        {
            Task changed;
            lock (_lock) changed = _changed.Task;
            var seen = look();
            if (condition(seen)) return seen;
            try
            {
                await changed.WaitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                var all = string.Join(Environment.NewLine, Arrivals.Select(arrival => arrival.ToString()));
                throw new TimeoutException($"Not within {WaitMax.TotalSeconds} s. Requests: {Requests.Count}. Arrivals:{Environment.NewLine}{all}");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        Release();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _app.StopAsync(limit.Token);
        await _app.DisposeAsync();
    }
}
