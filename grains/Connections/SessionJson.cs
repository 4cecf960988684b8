using System.Text.Json.Serialization;

namespace NotifyHub.Grains.Connections;

/// <summary>A report's sessions on their way into SQL: one JSON array, whose members are the columns.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(OpenedRow[]))]
[JsonSerializable(typeof(ClosedRow[]))]
[JsonSerializable(typeof(NamedRow[]))]
internal sealed partial class SessionJson : JsonSerializerContext;
