using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace SpidOrleans.Storage.Sqlite;

/// <summary>SQLite's error codes in an operator's words.</summary>
internal static class SqliteFailure
{
    /// <summary>A sentence's end: what the database file does or is.</summary>
    public static string Describe(SqliteException exception) => exception.SqliteErrorCode switch
    {
        raw.SQLITE_FULL => "cannot grow: the disk is full",
        raw.SQLITE_BUSY or raw.SQLITE_LOCKED => "is locked by another program",
        raw.SQLITE_READONLY or raw.SQLITE_PERM => "cannot be written to: it or its folder is read-only",
        raw.SQLITE_IOERR => "cannot be read or written: the disk reports an error",
        raw.SQLITE_CANTOPEN => "cannot be opened",
        raw.SQLITE_NOTADB => "is not a SQLite database",
        raw.SQLITE_CORRUPT => "is damaged",
        _ => $"reports: {exception.Message}",
    };

    /// <summary>Whether the connection may go on after a rollback. Of the others (an I/O error, a damaged page, a vanished
    /// file) nobody knows what the connection still believes: it is closed and opened anew.</summary>
    public static bool LeavesConnectionSound(Exception exception) => exception is not SqliteException sqlite
        || sqlite.SqliteErrorCode is raw.SQLITE_FULL or raw.SQLITE_BUSY or raw.SQLITE_LOCKED or raw.SQLITE_CONSTRAINT
            or raw.SQLITE_TOOBIG or raw.SQLITE_INTERRUPT;
}
