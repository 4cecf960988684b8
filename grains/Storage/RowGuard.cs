namespace NotifyHub.Grains.Storage;

/// <summary>What must be so for rows to be inserted.</summary>
/// <param name="Sql">A query for the column <c>id</c> of one row of <paramref name="Table"/>, or of none; or an update that
/// returns it. Part of the SQL.</param>
/// <param name="Table">The row stays as it was found until the transaction ends. Null: the guard is an update.</param>
/// <param name="Parameters">In SQL <c>@name</c>; no name is the beginning of another.</param>
public sealed record RowGuard(string Sql, string? Table, IReadOnlyList<(string Name, object Value)> Parameters);
