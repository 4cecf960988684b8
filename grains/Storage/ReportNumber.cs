namespace NotifyHub.Grains.Storage;

/// <summary>Names one report of a gateway.</summary>
/// <param name="Kind">One of <see cref="ReportKind"/>.</param>
/// <param name="Number">1, 2, 3, … per gateway and kind. A report that is sent again keeps its number.</param>
internal sealed record ReportNumber(string GatewayId, string Kind, long Number);
