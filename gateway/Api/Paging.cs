using System.Globalization;

namespace NotifyHub.Gateway.Api;

/// <summary>Which part of a list is asked for.</summary>
/// <param name="Page">From 1.</param>
/// <param name="Limit">1–500.</param>
public readonly record struct Paging(int Page, int Limit)
{
    public const int MaxLimit = 500;
    public const int DefaultLimit = 50;

    public const int SearchLength = 255;

    /// <summary>How deep a list can be read: the database reads all that a page skips.</summary>
    public const int MaxRows = 100_000;

    /// <summary>Reads both from the query string; what is wrong is noted, and the answer is then of no use.</summary>
    public static Paging Read(string? page, string? limit, Faults faults)
    {
        var paging = new Paging(Number("page", page, 1, MaxRows, faults), Number("limit", limit, DefaultLimit, MaxLimit, faults));
        if ((long)paging.Page * paging.Limit > MaxRows)
        {
            faults.Add("page", new(
                $"頁數 × 每頁筆數不得超過 {MaxRows}；請縮小時間範圍或篩選條件",
                $"page × limit must be at most {MaxRows}: narrow the list by time or by a filter"));
        }

        return paging;
    }

    /// <summary>One of the words; absent, empty or <c>all</c> is null: no filter.</summary>
    public static string? Filter(string name, string? word, IReadOnlyList<string> words, Faults faults)
    {
        if (word is null or "" or "all") return null;
        if (!words.Contains(word)) faults.Add(name, JsonFields.NotOneOf(["all", .. words]));
        return word;
    }

    /// <summary>What to look for; absent or empty is null: everything.</summary>
    public static string? Search(string? search, Faults faults, string name = "search")
    {
        if (string.IsNullOrEmpty(search)) return null;
        // PostgreSQL has no U+0000 in text: it would refuse the whole query.
        if (search.Length > SearchLength || search.Contains('\0'))
        {
            faults.Add(name, new(
                $"最多 {SearchLength} 個字元，且不得包含 U+0000",
                $"must be at most {SearchLength} characters, without U+0000"));
        }

        return search;
    }

    /// <summary>A point in time; absent or empty is null.</summary>
    public static DateTimeOffset? Time(string name, string? text, Faults faults)
    {
        if (string.IsNullOrEmpty(text)) return null;
        // A plus that was not escaped arrives as a blank; no time has one of its own.
        if (Rfc3339.TryParse(text.Replace(' ', '+'), out var time)) return time;
        faults.Add(name, Rfc3339.Fault);
        return null;
    }

    /// <summary>An offset of a channel; absent or empty is null.</summary>
    public static long? Offset(string name, string? text, Faults faults)
    {
        if (string.IsNullOrEmpty(text)) return null;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var offset)) return offset;
        faults.Add(name, new("必須是不小於 0 的整數", "must be an integer of at least 0"));
        return null;
    }

    /// <summary>A number from 1; what is wrong is noted.</summary>
    public static int Number(string name, string? text, int otherwise, int max, Faults faults)
    {
        if (string.IsNullOrEmpty(text)) return otherwise;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= max)
            return number;
        faults.Add(name, new($"必須是 1 到 {max} 的整數", $"must be an integer from 1 to {max}"));
        return otherwise;
    }
}
