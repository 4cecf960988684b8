namespace NotifyHub.Grains.Storage;

/// <summary>Rows of a table in which a boolean becomes true; names are part of the SQL, never a user's input.</summary>
/// <param name="Table">The table's name.</param>
/// <param name="Column">What becomes true.</param>
/// <param name="IdColumn">The column that has the guard's id.</param>
/// <param name="KeyColumn">The column that names the row beside it.</param>
/// <param name="Keys">The rows.</param>
public sealed record GuardedMark(string Table, string Column, string IdColumn, string KeyColumn, long[] Keys);
