namespace NotifyHub.Grains.Storage;

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
