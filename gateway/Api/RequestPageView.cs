using System.Text.Json.Serialization;

namespace NotifyHub.Gateway.Api;

/// <param name="Truncated">Only in the answer when true: the search looked at the newest rows alone.</param>
public sealed record RequestPageView(
    IReadOnlyList<RequestView> Requests, long Total, int Page, int Limit,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Truncated = false);
