using System.Globalization;

namespace SpidOrleans.TestKit.Postgres;

public sealed partial class PostgresServer
{
    private string BackupFolder => Path.Combine(SocketFolder, "backups");

    /// <summary>Runs a backup script as its operator would, several times.</summary>
    /// <param name="script">Takes a folder for the backups, and how many of them to keep.</param>
    /// <returns>What is there in the end, the newest last.</returns>
    public async Task<IReadOnlyList<string>> BackUpAsync(string script, int times, int keep)
    {
        for (var time = 0; time < times; time++) await RunScriptAsync(script, BackupFolder, keep.ToString(CultureInfo.InvariantCulture));
        return [.. Directory.GetDirectories(BackupFolder).Order(StringComparer.Ordinal)];
    }

    /// <summary>Starts on the same port, on what a script makes of a backup. The former data is gone.</summary>
    /// <param name="script">Takes the backup and the data folder that shall be.</param>
    public async Task StartAgainOnAsync(string script, string backup)
    {
        if (IsRunning) throw new InvalidOperationException("PostgreSQL is still running.");
        Directory.Delete(DataFolder, recursive: true);
        await RunScriptAsync(script, backup, DataFolder);
        await StartAgainAsync();
    }

    /// <summary>Given as text: the database's user may not read every folder.</summary>
    private async Task RunScriptAsync(string script, params IEnumerable<string> arguments) => await PostgresUser.RunAsync([
        .. PostgresUser.Become, "env", $"PATH={ProgramFolder}:{Environment.GetEnvironmentVariable("PATH")}",
        "PGHOST=127.0.0.1", $"PGPORT={_port}", $"PGUSER={SuperUser}", "bash", "-c", await File.ReadAllTextAsync(script), Path.GetFileName(script), .. arguments,
    ]);
}
