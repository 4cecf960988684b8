namespace NotifyHub.Grains.Storage;

/// <summary>What must be so for rows to be inserted.</summary>
/// <param name="Sql">A query for the column <c>id</c> of one row of <paramref name="Table"/>, or of none. Part of the
/// SQL.</param>
/// <param name="Table">The row stays as it was found until the transaction ends.</param>
/// <param name="Parameters">In SQL <c>@name</c>; no name is the beginning of another.</param>
public sealed record RowGuard(string Sql, string Table, IReadOnlyList<(string Name, object Value)> Parameters);

/// <summary>Rows of one table, by columns; names are part of the SQL, never a user's input.</summary>
/// <param name="Table">The table's name.</param>
/// <param name="IdColumn">The column that takes the guard's id; null without one.</param>
/// <param name="Constants">Columns with one value for all rows.</param>
/// <param name="Columns">Equally long arrays of long, bool, string or byte[]; nullable ones too.</param>
public sealed record GuardedRows(
    string Table,
    string? IdColumn,
    IReadOnlyList<(string Name, object Value)> Constants,
    IReadOnlyList<(string Name, Array Values)> Columns)
{
    /// <summary>The same rows with an array for each column.</summary>
    public IReadOnlyList<(string Name, Array Values)> AllColumns(long id)
    {
        var rows = Columns[0].Values.Length;
        (string, Array)[] ids = IdColumn is null ? [] : [(IdColumn, Repeat(id, rows))];
        return [.. ids, .. Constants.Select(constant => (constant.Name, Repeat(constant.Value, rows))), .. Columns];
    }

    private static Array Repeat(object value, int rows)
    {
        var column = Array.CreateInstance(value.GetType(), rows);
        for (var row = 0; row < rows; row++) column.SetValue(value, row);
        return column;
    }
}
