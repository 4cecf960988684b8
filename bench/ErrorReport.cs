using System.Text.Json.Serialization;

namespace NotifyHub.Bench;

internal sealed record ErrorReport(
    long Order, long Gaps, long Undelivered, long Repeats, long Altered, long Offsets, long NotRecovered, IReadOnlyDictionary<string, int> Connect)
{
    /// <summary>What a client of a correct server never sees. A connection that failed here is one that could not come back.</summary>
    [JsonIgnore]
    public bool Any => Order + Gaps + Undelivered + Repeats + Altered + Offsets + NotRecovered + Connect.Count > 0;
}
