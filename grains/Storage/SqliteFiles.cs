namespace NotifyHub.Grains.Storage;

/// <summary>
/// Watches that the database's files are still where they were opened. A file that was deleted, moved away or replaced takes
/// commits as before, through the descriptor that is open, and they are lost.
/// </summary>
internal sealed class SqliteFiles(string file)
{
    private static readonly string[] Suffixes = ["-wal", "-shm"];

    // The file itself is remembered for the process's life: the logs in memory go on from what stood in it.
    private FileIdentity? _main;
    private volatile FileIdentity?[]? _beside;

    /// <summary>To be called when the writer has opened them.</summary>
    public void Remember()
    {
        _main ??= FileIdentity.Of(file);
        _beside = [.. Suffixes.Select(suffix => FileIdentity.Of(file + suffix))];
    }

    /// <summary>The writer is closed; the last connection deletes the files beside it, and later ones recreate them.</summary>
    public void ForgetBeside() => _beside = null;

    /// <exception cref="FileReplacedException">Not all are there any more.</exception>
    public void Check()
    {
        if (!AreTheSame()) throw new FileReplacedException();
    }

    public bool AreTheSame()
    {
        if (_main is null) return true;
        if (FileIdentity.Of(file) != _main) return false;
        if (_beside is not { } beside) return true;
        for (var i = 0; i < Suffixes.Length; i++)
        {
            if (beside[i] is { } known && FileIdentity.Of(file + Suffixes[i]) != known) return false;
        }

        return true;
    }
}
