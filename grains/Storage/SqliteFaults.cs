using Microsoft.Data.Sqlite;
using static SQLitePCL.raw;

namespace NotifyHub.Grains.Storage;

/// <summary>What SQLite's error codes mean to an operator.</summary>
internal static class SqliteFaults
{
    private static readonly StorageFault Replaced = new(
        "was deleted, moved or replaced while it was open",
        "Stop NotifyHub, restore the file with its -wal and -shm files, or a backup, and start it again.",
        Passes: false);

    public static bool IsInterrupted(Exception fault) => fault is SqliteException { SqliteErrorCode: SQLITE_INTERRUPT };

    public static bool IsLocked(Exception fault) =>
        fault is TimeoutException or SqliteException { SqliteErrorCode: SQLITE_BUSY or SQLITE_LOCKED };

    // SQLite has one code for all faults of a statement.
    private static bool IsSchema(string message) =>
        message.Contains("no such table", StringComparison.Ordinal)
        || message.Contains("no such column", StringComparison.Ordinal)
        || message.Contains("has no column named", StringComparison.Ordinal);

    public static StorageFault Explain(Exception fault) => fault switch
    {
        FileReplacedException or SqliteException { SqliteExtendedErrorCode: SQLITE_READONLY_DBMOVED } => Replaced,
        SqliteException { SqliteErrorCode: SQLITE_BUSY or SQLITE_LOCKED } => new(
            "is locked by another program", "Find who has it open (fuser, lsof) and end it."),
        SqliteException { SqliteErrorCode: SQLITE_READONLY or SQLITE_PERM } => new(
            "is read-only", "Make the file, its folder and its file system writable for NotifyHub.", Passes: false),
        SqliteException { SqliteErrorCode: SQLITE_CORRUPT } => new(
            "is damaged", "Stop NotifyHub, keep the file, and restore a backup.", Passes: false, IsBroken: true),
        SqliteException { SqliteErrorCode: SQLITE_NOTADB } => new(
            "is not a SQLite database", "Name another file in the setting, or restore a backup.", Passes: false, IsBroken: true),
        SqliteException { SqliteErrorCode: SQLITE_ERROR } when IsSchema(fault.Message) => new(
            "lacks a table or a column that NotifyHub needs",
            "Restore what was renamed or dropped; the log names it.", Passes: false, IsBroken: true),
        SqliteException { SqliteErrorCode: SQLITE_FULL } => new("has no space left", "Free space on its disk.", Passes: false),
        SqliteException { SqliteErrorCode: SQLITE_IOERR } => new(
            "cannot read or write its disk", "Look at the disk, its quota and its file system.", Passes: false),
        SqliteException { SqliteErrorCode: SQLITE_CANTOPEN } => new(
            "cannot be opened", "Look at the file, its folder and their owner.", Passes: false),
        SqliteException sqlite => new($"failed (SQLite error {sqlite.SqliteExtendedErrorCode})", "Look at the log."),
        TimeoutException => new("did not complete a write in time", "Another program holds its lock, or its disk is too slow."),
        _ => new("cannot be opened", "Look at the file, its folder and their owner.", Passes: false),
    };
}
