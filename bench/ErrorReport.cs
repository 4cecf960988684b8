using System.Text.Json.Serialization;

namespace NotifyHub.Bench;

internal sealed record ErrorReport(
    long Order, long Gaps, long Undelivered, long Repeats, long Altered, long Offsets, long NotRecovered,
    IReadOnlyDictionary<string, int> Connect)
{
    /// <summary>
    /// Whether there is anything that a correct server never causes. A failed connection here is one that could not reconnect.
    /// </summary>
    [JsonIgnore]
    public bool Any => Order + Gaps + Undelivered + Repeats + Altered + Offsets + NotRecovered + Connect.Count > 0;
}
