using System.Runtime.InteropServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace SpidOrleans.Web.Hosting;

/// <summary>The time until the host serves: a signal ends it in order, and what goes wrong in it is told once, by
/// <see cref="StartFailure"/>, not by every part that was torn down half built.</summary>
public sealed class HostStart : IDisposable
{
    private readonly CancellationTokenSource _interruption = new();
    private readonly PosixSignalRegistration[] _signals;
    private volatile bool _isOver;

    // The host listens to signals only once it starts; until then they would kill the process.
    public HostStart() => _signals =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt),
        PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt),
    ];

    /// <summary>Starts a host and serves until it is stopped.</summary>
    /// <param name="explain">Why a start failed, for what this host knows of; null for what nobody foresaw.</param>
    /// <param name="serveAsync">Builds the host and completes when it has stopped.</param>
    /// <returns>The process' exit code: 0, or <see cref="StartFailure.ExitCode"/>.</returns>
    public static async Task<int> RunAsync(Func<Exception, StartFailure?> explain, Func<HostStart, Task> serveAsync)
    {
        Tuning.Apply();
        using var start = new HostStart();
        try
        {
            await serveAsync(start);
            return 0;
        }
        catch (Exception) when (start.WasInterrupted)
        {
            // Asked to stop before it had started.
            return 0;
        }
        catch (Exception exception) when (explain(exception) is { } failure)
        {
            await Console.Error.WriteLineAsync(failure.Text);
            return failure.ExitCode;
        }
    }

    /// <summary>Cancelled by the first signal to stop.</summary>
    public CancellationToken Interruption => _interruption.Token;

    public bool WasInterrupted => _interruption.IsCancellationRequested && !_isOver;

    /// <summary>From then on every category speaks as the configuration says.</summary>
    public void End() => _isOver = true;

    /// <summary>Whoever asks for debugging gets it from the first moment.</summary>
    public void Quieten(IServiceCollection services) => services.PostConfigure<LoggerFilterOptions>(filters =>
    {
        for (var i = 0; i < filters.Rules.Count; i++)
        {
            var rule = filters.Rules[i];
            if (rule.LogLevel is null or <= LogLevel.Debug) continue;
            filters.Rules[i] = new LoggerFilterRule(rule.ProviderName, rule.CategoryName, rule.LogLevel, (provider, category, level) =>
                (_isOver || IsOurs(category)) && rule.Filter?.Invoke(provider, category, level) != false);
        }
    });

    public void Dispose()
    {
        foreach (var signal in _signals) signal.Dispose();
    }

    private static bool IsOurs(string? category) =>
        category is not null && (category.StartsWith("SpidOrleans.", StringComparison.Ordinal) || category == "Microsoft.Hosting.Lifetime");

    private void Interrupt(PosixSignalContext signal)
    {
        signal.Cancel = true;
        _interruption.Cancel();
    }
}
