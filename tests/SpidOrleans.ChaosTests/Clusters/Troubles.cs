namespace SpidOrleans.ChaosTests.Clusters;

/// <summary>What befalls a cluster by chance: silos, database and Mixpanel have their troubles side by side.</summary>
internal sealed class Troubles(Scene scene, Random random, Action<string> say)
{
    private const int LongestSeconds = 6;

    /// <summary>A silo that should start while the database is away does not; whoever runs it tries again.</summary>
    private static readonly TimeSpan StartsWithin = TimeSpan.FromSeconds(120);

    private readonly Lock _gate = new();

    /// <summary>Until the time is over, and everything runs again.</summary>
    public async Task GoOnForAsync(TimeSpan time)
    {
        using var end = new CancellationTokenSource(time);
        await Task.WhenAll(
            RepeatAsync([KillASiloAsync, RestartASiloAsync, FreezeASiloAsync], end.Token),
            RepeatAsync([StopPostgresAsync, FreezePostgresAsync, TakeAllConnectionsAsync], end.Token),
            RepeatAsync([SendMixpanelAwayAsync], end.Token));
        await StartMissingSilosAsync();
    }

    private async Task RepeatAsync(Func<Task>[] troubles, CancellationToken end)
    {
        while (true)
        {
            await Task.Delay(Seconds(), end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (end.IsCancellationRequested) return;
            await troubles[Next(troubles.Length)]();
        }
    }

    private async Task KillASiloAsync()
    {
        var silo = await ChooseAsync("killed");
        await scene.Silos[silo].KillAsync();
        await Task.Delay(Seconds());
        await StartMissingSilosAsync();
    }

    private async Task RestartASiloAsync()
    {
        var silo = await ChooseAsync("restarted");
        await scene.Silos[silo].StopAsync();
        await StartMissingSilosAsync();
    }

    /// <summary>Long enough to be declared dead, or not.</summary>
    private async Task FreezeASiloAsync()
    {
        var silo = await ChooseAsync("frozen");
        scene.Silos[silo].Freeze();
        await Task.Delay(Seconds() * 3);
        scene.Silos[silo].Thaw();
        await Task.Delay(Seconds());
        await StartMissingSilosAsync();
    }

    private async Task StopPostgresAsync()
    {
        Say("PostgreSQL stopped");
        await scene.Postgres.StopAsync();
        await Task.Delay(Seconds());
        await scene.Postgres.StartAgainAsync();
        Say("PostgreSQL runs");
    }

    private async Task FreezePostgresAsync()
    {
        Say("PostgreSQL frozen");
        await scene.Postgres.FreezeAsync();
        await Task.Delay(Seconds());
        await scene.Postgres.ThawAsync();
        Say("PostgreSQL thawed");
    }

    private async Task TakeAllConnectionsAsync()
    {
        Say("PostgreSQL has no connection left");
        await using (await ConnectionHog.TakeAllAsync(scene.Postgres.ConnectionString)) await Task.Delay(Seconds());
        Say("PostgreSQL has connections again");
    }

    private async Task SendMixpanelAwayAsync()
    {
        Say("Mixpanel away");
        await scene.Mixpanel.GoAwayAsync();
        await Task.Delay(Seconds());
        await scene.Mixpanel.ComeBackAsync();
        Say("Mixpanel back");
    }

    private async Task StartMissingSilosAsync()
    {
        using var limit = new CancellationTokenSource(StartsWithin);
        while (true)
        {
            try
            {
                await scene.Silos.RestoreAsync();
                return;
            }
            catch (TestKit.Hosting.SiloFailedException) when (!limit.IsCancellationRequested)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task<int> ChooseAsync(string fate)
    {
        // One that was frozen may have seen by now that it was declared dead.
        await StartMissingSilosAsync();
        var silo = Next(scene.Silos.Silos.Count);
        Say($"silo {silo} {fate}");
        return silo;
    }

    private TimeSpan Seconds() => TimeSpan.FromMilliseconds(Next(LongestSeconds * 1_000));

    private int Next(int end)
    {
        lock (_gate) return random.Next(end);
    }

    private void Say(string what) => say($"{TimeProvider.System.GetUtcNow():HH:mm:ss.fff} {what}");
}
