using System.Diagnostics;
using SpidOrleans.DeployTests.Running;
using SpidOrleans.TestKit.Checking;
using SpidOrleans.TestKit.Hosting;
using SpidOrleans.TestKit.Postgres;
using SpidOrleans.TestKit.Sending;
using SpidOrleans.TestKit.StandIn;
using Xunit;

namespace SpidOrleans.DeployTests.Postgres;

/// <summary>The scripts of <c>deploy/postgres</c> on a real server under a real silo.</summary>
public sealed class BackupTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [ToolFact(nameof(Tools.HavePostgres))]
    public async Task ARestoredServer_SendsAgainWhatWasPendingInTheBackup_AndMixpanelCountsItOnce()
    {
        var ledger = new Ledger();
        await using var mixpanel = await MixpanelStandIn.StartAsync();
        await mixpanel.GoAwayAsync();
        var settings = new SiloSettings { Mixpanel = mixpanel.Endpoint };
        await using var postgres = await PostgresServer.StartAsync();
        var database = await postgres.CreateDatabaseAsync();
        await using var silos = await SiloCluster.StartAsync(settings, database, silos: 1);
        using var backEnd = new BackEnd(silos[0].Address, TestClient.News, Patience);
        var sender = new LedgerSender("sender", backEnd, ledger, TimeProvider.System);
        var visitor = Guid.NewGuid().ToString();

        // 1. What waits for Mixpanel when the backup is taken: a visitor's events, a login, the user's.
        await sender.TrackAsync(Enumerable.Repeat(Addressee.Visitor(visitor), 30).ToList());
        await sender.LoginAsync(visitor, "anna");
        await sender.TrackAsync(Addressee.Visitor(visitor), Addressee.User("anna"), Addressee.User("berit"));
        var kept = ledger.AcknowledgedMarkers();
        var backups = await postgres.BackUpAsync(Repository.Deploy("postgres/backup.sh"), times: 3, keep: 2);
        Assert.Equal(2, backups.Count);

        // 2. Mixpanel gets it, and more.
        await mixpanel.ComeBackAsync();
        await sender.TrackAsync(Addressee.User("anna"));
        await mixpanel.Arrivals.WaitForMarkersAsync(ledger.AcknowledgedMarkers(), Patience);
        var before = mixpanel.Arrivals.Count;

        // 3. The server is lost, and another one starts on the newest backup.
        Assert.Equal(0, await silos[0].StopAsync());
        await postgres.KillAsync();
        await postgres.StartAgainOnAsync(Repository.Deploy("postgres/restore.sh"), backups[^1]);
        await silos[0].StartAsync();
        await mixpanel.Arrivals.WaitForCountAsync(before + kept.Count, Patience);
        Assert.Equal("anna", (await backEnd.DescribeVisitorAsync(visitor)).UserId);
        await sender.TrackAsync(Addressee.Visitor(visitor));
        await mixpanel.Arrivals.WaitForMarkersAsync(ledger.AcknowledgedMarkers(), Patience);

        // 4. All that the backup had came a second time, and to Mixpanel it is the same events.
        var arrivals = mixpanel.Arrivals.Snapshot();
        Assert.All(kept, marker => Assert.Equal(2, arrivals.Count(arrival => arrival.Marker == marker)));
        Assert.Empty(Checker.Check(ledger.Snapshot(), arrivals));
        Assert.Empty(mixpanel.Complaints);
    }

    [ToolFact(nameof(Tools.HavePostgres))]
    public async Task ARestore_WritesOverNothing_AndABackupOfNoServerLeavesNothing()
    {
        var folder = Directory.CreateTempSubdirectory("spidorleans-backup-").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "precious"), "");
            var restore = await Command.RunAsync("bash", Repository.Deploy("postgres/restore.sh"), folder, folder);
            Assert.NotEqual(0, restore.ExitCode);
            Assert.Contains("is not empty", restore.Output, StringComparison.Ordinal);

            var start = new ProcessStartInfo("bash", [Repository.Deploy("postgres/backup.sh"), Path.Combine(folder, "backups")]);
            start.Environment["PATH"] = PostgresServer.ProgramFolder + ":" + Environment.GetEnvironmentVariable("PATH");
            start.Environment["PGHOST"] = "127.0.0.1";
            start.Environment["PGPORT"] = $"{Loopback.FreePort()}";
            Assert.NotEqual(0, (await Command.RunAsync(start)).ExitCode);
            Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(folder, "backups")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
