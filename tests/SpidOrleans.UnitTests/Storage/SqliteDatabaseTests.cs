using Microsoft.Data.Sqlite;
using SpidOrleans.Storage;
using SpidOrleans.Storage.Sqlite;
using Xunit;

namespace SpidOrleans.UnitTests.Storage;

public sealed class SqliteDatabaseTests : IDisposable
{
    private readonly DatabaseFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Initialize_MakesMissingFoldersAndTheFile_AndTwiceIsHarmless()
    {
        var file = Path.Combine(_folder.Path, "a", "b", "c.db");
        await using var database = _folder.Make($"Data Source={file}");
        await database.InitializeAsync(Cancel);
        await database.InitializeAsync(Cancel);
        Assert.True(File.Exists(file));
    }

    [Fact]
    public async Task Writer_WaitsForTheDiskAtEveryCommit()
    {
        await using var database = await _folder.OpenAsync();
        Assert.Equal("2", await AskAsync(database.Writer, "PRAGMA synchronous")); // 2 is FULL
        Assert.Equal("wal", await AskAsync(database.Writer, "PRAGMA journal_mode"));
    }

    [Fact]
    public async Task Reader_CannotWrite()
    {
        await using var database = await _folder.OpenAsync();
        await Assert.ThrowsAsync<SqliteException>(() => AskAsync(database.Reader, "INSERT INTO project VALUES ('web', 8) RETURNING 1"));
    }

    [Fact]
    public async Task Initialize_OfAFileInUse_IsRefused_AndWorksOnceItIsFree()
    {
        await using (await _folder.OpenAsync())
        {
            await using var second = _folder.Make();
            Assert.Contains("in use by another process", await RefusalAsync(second), StringComparison.Ordinal);
        }

        await using var third = await _folder.OpenAsync();
    }

    [Fact]
    public async Task Dispose_WithoutAwaiting_FreesTheFileToo()
    {
        (await _folder.OpenAsync()).Dispose();
        await using var next = await _folder.OpenAsync();
        Assert.False(File.Exists(_folder.File + "-wal") && new FileInfo(_folder.File + "-wal").Length > 0);
    }

    [Fact]
    public async Task Initialize_OfAFileThatIsNoDatabase_SaysSo_AndLeavesItAlone()
    {
        var text = string.Concat(Enumerable.Repeat("this is a letter to my grandmother ", 100));
        await File.WriteAllTextAsync(_folder.File, text, Cancel);
        await using var database = _folder.Make();
        Assert.Contains("is not a SQLite database", await RefusalAsync(database), StringComparison.Ordinal);
        Assert.Equal(text, await File.ReadAllTextAsync(_folder.File, Cancel));
    }

    [Fact]
    public async Task Initialize_WhileAnotherProgramHoldsTheFile_SaysSo_AndWorksAfterwards()
    {
        await using (await _folder.OpenAsync()) { }
        _folder.BusyTimeout = TimeSpan.FromMilliseconds(50);
        await using var database = _folder.Make();
        using (var other = new SqliteConnection($"Data Source={_folder.File};Pooling=False"))
        {
            other.Open();
            using var transaction = other.BeginTransaction(deferred: false);
            Assert.Contains("is locked by another program", await RefusalAsync(database), StringComparison.Ordinal);
        }

        await database.InitializeAsync(Cancel);
    }

    [Fact]
    public async Task Initialize_WhereNoFolderCanBeMade_SaysSo()
    {
        var file = Path.Combine(_folder.Path, "a-file");
        await File.WriteAllTextAsync(file, "", Cancel);
        await using var database = _folder.Make($"Data Source={file}/spid.db");
        Assert.Contains($"'{file}/spid.db'", await RefusalAsync(database), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Initialize_OfAFileThatIsOpenUnderAnotherName_IsRefused()
    {
        await using var first = await _folder.OpenAsync();
        var link = Path.Combine(_folder.Path, "other.db");
        File.CreateSymbolicLink(link, _folder.File);
        Directory.CreateSymbolicLink(Path.Combine(_folder.Path, "elsewhere"), _folder.Path);
        foreach (var name in new[] { link, Path.Combine(_folder.Path, "elsewhere", Path.GetFileName(_folder.File)) })
        {
            await using var second = _folder.Make($"Data Source={name}");
            Assert.Contains("is in use by another process", await RefusalAsync(second), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Initialize_ThroughALinkIntoALinkedFolder_TakesTheLockOfTheRealFile_WhetherItExistsOrNot()
    {
        // other.db -> linked/spid.db, linked -> real (relative): no single step names the real file.
        var real = Directory.CreateDirectory(Path.Combine(_folder.Path, "real")).FullName;
        Directory.CreateSymbolicLink(Path.Combine(_folder.Path, "linked"), "real");
        var link = Path.Combine(_folder.Path, "other.db");
        File.CreateSymbolicLink(link, Path.Combine(_folder.Path, "linked", "spid.db"));
        await using var first = _folder.Make($"Data Source={link}");
        await first.InitializeAsync(Cancel);
        Assert.Equal(Path.Combine(real, "spid.db"), first.Location.Path);
        Assert.True(File.Exists(Path.Combine(real, "spid.db.lock")));

        await using var second = _folder.Make($"Data Source={real}/spid.db");
        Assert.Contains("is in use by another process", await RefusalAsync(second), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Initialize_ThroughLinksInACircle_SaysSo()
    {
        var (one, two) = (Path.Combine(_folder.Path, "one.db"), Path.Combine(_folder.Path, "two.db"));
        File.CreateSymbolicLink(one, two);
        File.CreateSymbolicLink(two, one);
        await using var database = _folder.Make($"Data Source={one}");
        Assert.Contains("more than 40 symbolic links", await RefusalAsync(database), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Initialize_WhereNothingCanBeWritten_SaysSo()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "/proc is the one place where root cannot write either");
        var file = $"/proc/{Environment.ProcessId}/spid.db";
        await using var database = _folder.Make($"Data Source={file}");
        Assert.Contains($"'{file}.lock' cannot be written", await RefusalAsync(database), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Initialize_OfAFileThatANewerBuildHasUsed_NamesBothVersions()
    {
        await using (var newer = await _folder.OpenAsync())
            await AskAsync(newer.Writer, "INSERT INTO schema_version (version, name, applied_at) VALUES (99, 'from-the-future', 0) RETURNING 1");
        await using var database = _folder.Make();
        Assert.Contains("schema version 99, this build knows versions up to 5", await RefusalAsync(database), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Data Source=:memory:", "in memory")]
    [InlineData("Data Source=", "in memory")]
    [InlineData("", "in memory")]
    [InlineData("Data Source=spid;Mode=Memory;Cache=Shared", "in memory")]
    [InlineData("Data Source=file:spid?mode=memory", "in memory")]
    [InlineData("Data Source=file:spid.db", "name a plain path")]
    [InlineData("Data Source=spid.db;Mode=ReadOnly", "Mode=ReadOnly")]
    [InlineData("Host=localhost;Database=spid", "is not a SQLite connection string")]
    public async Task Initialize_OfAConnectionStringThatNamesNoUsableFile_SaysWhy(string connectionString, string why)
    {
        await using var database = _folder.Make(connectionString);
        Assert.Contains(why, await RefusalAsync(database), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(13, "the disk is full")]
    [InlineData(5, "locked by another program")]
    [InlineData(8, "read-only")]
    [InlineData(10, "the disk reports an error")]
    [InlineData(11, "is damaged")]
    [InlineData(26, "is not a SQLite database")]
    [InlineData(1, "no such table")]
    public void Describe_TellsAnOperatorWhatIsWrong(int code, string words) =>
        Assert.Contains(words, SqliteFailure.Describe(new SqliteException("no such table", code)), StringComparison.Ordinal);

    private static async Task<string> RefusalAsync(SqliteDatabase database)
    {
        var refusal = await Assert.ThrowsAsync<StorageUnavailableException>(() => database.InitializeAsync(Cancel));
        Assert.StartsWith("Storage:ConnectionString", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refusal.Message);
        return refusal.Message;
    }

    private static Task<string> AskAsync(SqliteThread thread, string sql) => thread.RunAsync(
        session =>
        {
            var statement = session.Prepare(sql);
            statement.Step();
            var answer = statement.Text(0);
            statement.Reset();
            return answer;
        },
        Cancel);
}
