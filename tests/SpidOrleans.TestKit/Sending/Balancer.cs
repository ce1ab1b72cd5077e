using System.Diagnostics;
using System.Net;

namespace SpidOrleans.TestKit.Sending;

/// <summary>
/// What stands before the silos: gives each request to the next one in service, and notes what senders should not see. A silo
/// leaves the service when an answer asks for the connection's end, when its port is closed or when it does not answer a
/// probe; a probe that finds it ready puts it back. When none is in service, all are tried.
/// </summary>
/// <remarks>A red probe alone does not take a silo out: whoever looks less often finds out by the answers.</remarks>
public sealed class Balancer : DelegatingHandler
{
    /// <summary>Stands for whichever silo is next.</summary>
    public static readonly Uri Address = new("http://silos");

    private const int NotedMax = 30;
    private static readonly TimeSpan ProbeEvery = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(1);
    private static readonly Uri Ready = new("health/ready", UriKind.Relative);

    private readonly Lock _gate = new();
    private readonly List<Door> _doors = [];
    private readonly List<string> _failures = [];
    private readonly List<string> _silent = [];
    private readonly CancellationTokenSource _end = new();
    private TimeSpan _slowest;
    private int _next;

    private sealed class Door(Uri address)
    {
        public Uri Address => address;

        public bool IsOut { get; set; }

        public int Served { get; set; }
    }

    public Balancer(IEnumerable<Uri> silos)
        : base(new SocketsHttpHandler { UseCookies = false, ConnectTimeout = TimeSpan.FromSeconds(2) })
    {
        foreach (var silo in silos) Add(silo);
    }

    /// <summary>The first requests that got another answer than success, or none although the port was open.</summary>
    public IReadOnlyList<string> Failures
    {
        get
        {
            lock (_gate) return [.. _failures];
        }
    }

    /// <summary>Among them the 503s that did not say when to come again.</summary>
    public IReadOnlyList<string> WithoutRetryAfter
    {
        get
        {
            lock (_gate) return [.. _silent];
        }
    }

    /// <summary>The longest that any request waited for its answer, or for the end of its connection.</summary>
    public TimeSpan Slowest
    {
        get
        {
            lock (_gate) return _slowest;
        }
    }

    /// <summary>Requests that the silo has answered with success.</summary>
    public int ServedBy(Uri silo)
    {
        lock (_gate) return _doors.Single(door => door.Address == silo).Served;
    }

    public void Add(Uri silo)
    {
        var door = new Door(silo);
        lock (_gate) _doors.Add(door);
        _ = ProbeAsync(door);
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var door = Next();
        var what = $"{request.Method} {request.RequestUri!.AbsolutePath} at {door.Address}";
        request.RequestUri = new Uri(door.Address, request.RequestUri.PathAndQuery);
        var startedAt = Stopwatch.GetTimestamp();
        try
        {
            var answer = await base.SendAsync(request, cancellationToken);
            var elapsed = Stopwatch.GetElapsedTime(startedAt);
            lock (_gate)
            {
                if (elapsed > _slowest) _slowest = elapsed;
                if (answer.Headers.ConnectionClose == true) door.IsOut = true;
                if (answer.IsSuccessStatusCode) door.Served++;
                else Note(_failures, $"{what}: {(int)answer.StatusCode} after {elapsed.TotalSeconds:0.0} s");
                if (answer is { StatusCode: HttpStatusCode.ServiceUnavailable, Headers.RetryAfter: null }) Note(_silent, what);
            }

            return answer;
        }
        catch (HttpRequestException closed) when (closed.HttpRequestError == HttpRequestError.ConnectionError)
        {
            lock (_gate) door.IsOut = true;
            throw;
        }
        catch (Exception cut)
        {
            var elapsed = Stopwatch.GetElapsedTime(startedAt);
            lock (_gate)
            {
                if (elapsed > _slowest) _slowest = elapsed;
                Note(_failures, $"{what}: {cut.GetBaseException().Message} after {elapsed.TotalSeconds:0.0} s");
            }

            throw;
        }
    }

    protected override void Dispose(bool disposing)
    {
        _end.Cancel();
        base.Dispose(disposing);
    }

    private Door Next()
    {
        lock (_gate)
        {
            var open = _doors.Where(door => !door.IsOut).ToList();
            if (open.Count == 0) open = _doors;
            return open[_next++ % open.Count];
        }
    }

    private async Task ProbeAsync(Door door)
    {
        using var http = new HttpClient { BaseAddress = door.Address, Timeout = ProbeTimeout };
        while (!_end.IsCancellationRequested)
        {
            try
            {
                using var answer = await http.GetAsync(Ready, _end.Token);
                if (answer.IsSuccessStatusCode) Set(false);
            }
            catch (TaskCanceledException)
            {
                Set(true);
            }
            catch (HttpRequestException)
            {
                // A closed port: whoever comes next will notice.
            }

            await Task.Delay(ProbeEvery, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        void Set(bool isOut)
        {
            lock (_gate) door.IsOut = isOut;
        }
    }

    private static void Note(List<string> notes, string note)
    {
        if (notes.Count < NotedMax) notes.Add($"{TimeProvider.System.GetUtcNow():HH:mm:ss.fff} {note}");
    }
}
