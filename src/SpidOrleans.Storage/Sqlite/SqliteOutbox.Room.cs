namespace SpidOrleans.Storage.Sqlite;

internal sealed partial class SqliteOutbox
{
    /// <summary>Disk that must stay free. On a full disk not even the removal of delivered rows can be written: the same
    /// events were sent again and again, and it never healed.</summary>
    public const long ReserveBytes = 64 << 20;

    /// <summary>How long an answer of the file system is believed.</summary>
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(1);

    /// <summary>Free bytes of the disk that a folder is on, as a process without privileges may use them.</summary>
    public Func<string, long> FreeBytes { private get; init; } = static folder => new DriveInfo(folder).AvailableFreeSpace;

    private long _askedAt = -1;
    private volatile bool _hasRoom = true;

    public bool HasRoom
    {
        get
        {
            var asked = Interlocked.Read(ref _askedAt);
            var isDue = asked < 0 || clock.GetElapsedTime(asked) >= AskAgain;
            // One of the callers asks, the others go on with the last answer.
            if (isDue && Interlocked.CompareExchange(ref _askedAt, clock.GetTimestamp(), asked) == asked)
                _hasRoom = AskDisk();
            return _hasRoom;
        }
    }

    private bool AskDisk()
    {
        try
        {
            return FreeBytes(Path.GetDirectoryName(database.Location.Path)!) >= ReserveBytes;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The folder is gone or its disk is: what SQLite would still write there nobody would find again.
            return false;
        }
    }
}
