namespace SpidOrleans.Storage.Sqlite;

/// <summary>
/// Keeps a second process off the file: two of them would each believe to be the only sequencer of a visitor. SQLite's own
/// locks last for a transaction only. The kernel frees this one however the process ends.
/// </summary>
internal sealed class SqliteFileLock : IDisposable
{
    private readonly FileStream _file;

    private SqliteFileLock(FileStream file) => _file = file;

    /// <exception cref="StorageUnavailableException">Somebody else has it, or the folder takes no files.</exception>
    public static SqliteFileLock Take(string databasePath)
    {
        var path = databasePath + ".lock";
        try
        {
            if (Path.GetDirectoryName(path) is { } folder) Directory.CreateDirectory(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StorageUnavailableException(
                $"{SqliteLocation.Key}: the folder of '{databasePath}' cannot be made: {exception.Message}", exception);
        }

        try
        {
            return new SqliteFileLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException exception) when (IsHeldElsewhere(exception))
        {
            throw new StorageUnavailableException(
                $"{SqliteLocation.Key}: '{databasePath}' is in use by another process, which holds '{path}'", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StorageUnavailableException(
                $"{SqliteLocation.Key}: '{path}' cannot be written: {exception.Message}", exception);
        }
    }

    // The lock file stays: deleting it would let a third process lock a new file of that name while a second waits on this.
    public void Dispose() => _file.Dispose();

    // EWOULDBLOCK is 11 on Linux and 35 on macOS; on Windows it is a sharing violation.
    private static bool IsHeldElsewhere(IOException exception) =>
        (exception.HResult & 0xFFFF) is 11 or 35 or 32 && exception is not (DirectoryNotFoundException or FileNotFoundException);
}
