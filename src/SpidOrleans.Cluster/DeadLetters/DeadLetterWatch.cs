using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts.Settings;

namespace SpidOrleans.Cluster.DeadLetters;

/// <summary>Counts the letters that are kept, and lets those go that are older than <c>DeadLetters:Retention</c>, which it says aloud.
/// Every silo does; what one has removed the others do not find.</summary>
internal sealed partial class DeadLetterWatch(
    IDeadLetterStore store, DeadLetterMeter meter, ClusterSettings settings, TimeProvider clock, ILogger<DeadLetterWatch> logger) : BackgroundService
{
    /// <summary>Between two looks: so long a project may go on burying beyond its bound.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    /// <summary>Letters of one transaction.</summary>
    private const int RemovedAtOnce = 500;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        do
        {
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(logger, (exception as OutboxUnavailableException)?.Message ?? exception.GetType().Name);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    internal async Task LookAsync(CancellationToken cancellationToken)
    {
        await LetGoAsync(cancellationToken);
        meter.Counted(await store.CountLettersAsync(cancellationToken));
        foreach (var project in settings.Projects.Keys)
        {
            // Before it is too late for whoever reads logs.
            if (meter.WaitingOf(project) is var waiting && waiting >= settings.DeadLettersMax * 0.8) LogNearlyFull(logger, project, waiting, settings.DeadLettersMax);
        }
    }

    private async Task LetGoAsync(CancellationToken cancellationToken)
    {
        var before = (clock.GetUtcNow() - settings.DeadLetterRetention).ToUnixTimeMilliseconds();
        while (await store.ReadLettersBeforeAsync(before, RemovedAtOnce, cancellationToken) is { Count: > 0 } old)
        {
            foreach (var letters in old.GroupBy(letter => letter.Project, letter => letter.Id))
            {
                var gone = await store.DiscardAsync(letters.Key, [.. letters]);
                if (gone == 0) continue;
                meter.Expired(letters.Key, gone);
                LogExpired(logger, gone, letters.Key, settings.DeadLetterRetention);
            }
        }
    }

    [LoggerMessage(EventId = 3201, Level = LogLevel.Warning, Message =
        "{LetterCount} dead letters of project {Project} are older than {Retention} (DeadLetters:Retention) and gone for good")]
    private static partial void LogExpired(ILogger logger, int letterCount, string project, TimeSpan retention);

    [LoggerMessage(EventId = 3202, Level = LogLevel.Error, Message =
        "Project {Project} has {LetterCount} dead letters of at most {Max} (DeadLetters:MaxPerProject): replay or discard them, or its delivery comes to a standstill")]
    private static partial void LogNearlyFull(ILogger logger, string project, long letterCount, int max);

    [LoggerMessage(EventId = 3203, Level = LogLevel.Warning, Message = "The dead letters could not be looked through ({Reason}); the next look is due in seconds")]
    private static partial void LogFailed(ILogger logger, string reason);
}
