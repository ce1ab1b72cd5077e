using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace SpidOrleans.Web.Admission;

/// <summary>Whether what this process holds comes near the memory that it may use: then whatever brings a body is sent away at once,
/// before it is read, while what is under way can end.</summary>
/// <param name="read">The bytes that live after the last collection, and those that may: the machine's, the container's or the runtime's limit.</param>
public sealed class MemoryPressure(TimeProvider clock, Func<(long Live, long Most)> read) : IDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    /// <summary>Of what may live. The rest is for what is under way.</summary>
    private const double ShortFrom = 0.85;

    private static readonly Problem Refusal = Problem.Busy("This host is short of memory.");

    private ITimer? _timer;
    private volatile bool _isShort;

    public MemoryPressure(TimeProvider clock) : this(clock, ReadOwn) { }

    public bool IsShort => _isShort;

    public static void Use(IApplicationBuilder app)
    {
        var pressure = app.ApplicationServices.GetRequiredService<MemoryPressure>();
        var refusals = app.ApplicationServices.GetRequiredService<Refusals>();
        pressure.Watch();
        app.Use(next => context =>
        {
            if (!pressure.IsShort || HttpMethods.IsGet(context.Request.Method)) return next(context);
            refusals.Count(RefusalReason.Memory);
            return Refusal.ExecuteAsync(context);
        });
    }

    public void Dispose() => _timer?.Dispose();

    private void Watch() => _timer = clock.CreateTimer(_ => Look(), null, LookEvery, LookEvery);

    private void Look()
    {
        var (live, most) = read();
        _isShort = live > most * ShortFrom;
        // Whoever is sent away leaves nothing behind that would make the runtime look for what has gone meanwhile.
        if (_isShort) GC.Collect(GC.MaxGeneration, GCCollectionMode.Optimized, blocking: false);
    }

    private static (long Live, long Most) ReadOwn()
    {
        var last = GC.GetGCMemoryInfo();
        return (last.HeapSizeBytes, last.TotalAvailableMemoryBytes);
    }
}
