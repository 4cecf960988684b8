using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;
using NotifyHub.TestKit;
using YamlDotNet.Serialization;

namespace NotifyHub.UnitTests.Sockets;

/// <summary>The AsyncAPI document, with a JSON Schema per message.</summary>
internal sealed class SocketDocument
{
    private const string Schemas = "#/components/schemas/";
    private const string Definitions = "#/definitions/";

    private readonly JsonObject _definitions;

    private SocketDocument(JsonObject root)
    {
        Root = root;
        // Where draft 7 expects them. A client must take fields that it does not know; here they are a fault.
        var text = root["components"]!["schemas"]!.ToJsonString().Replace(Schemas, Definitions, StringComparison.Ordinal);
        _definitions = JsonNode.Parse(text)!.AsObject();
        foreach (var (_, schema) in _definitions) Close(schema!);
    }

    public static SocketDocument Instance { get; } = Read();

    public JsonObject Root { get; }

    public JsonObject Messages => Root["components"]!["messages"]!.AsObject();

    /// <summary>The faults of a payload; empty: it is as the message's schema says.</summary>
    public string[] Faults(string message, string payload)
    {
        var reference = Messages[message]!["payload"]!["$ref"]!.GetValue<string>();
        return FaultsOf(reference[Schemas.Length..], payload);
    }

    /// <summary>Likewise for a part of a message.</summary>
    public string[] FaultsOf(string schema, string json)
    {
        var whole = new JsonObject
        {
            ["$schema"] = "http://json-schema.org/draft-07/schema#",
            ["definitions"] = _definitions.DeepClone(),
            ["allOf"] = new JsonArray(new JsonObject { ["$ref"] = Definitions + schema }),
        };
        using var document = JsonDocument.Parse(json);
        var result = JsonSchema.FromText(whole.ToJsonString()).Evaluate(
            document.RootElement, new EvaluationOptions { OutputFormat = OutputFormat.List });
        return result.IsValid ? [] :
        [
            $"{schema}: {json}",
            .. (result.Details ?? []).Where(detail => detail.Errors is not null)
                .SelectMany(detail => detail.Errors!.Select(error => $"{detail.InstanceLocation}: {error.Value}")),
        ];
    }

    private static SocketDocument Read()
    {
        var yaml = new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build()
            .Deserialize(Checkout.Read("gateway/Api/asyncapi.yaml"));
        var json = new SerializerBuilder().JsonCompatible().Build().Serialize(yaml);
        return new SocketDocument(JsonNode.Parse(json)!.AsObject());
    }

    private static void Close(JsonNode node)
    {
        if (node is JsonObject schema)
        {
            if (schema["properties"] is JsonObject && !schema.ContainsKey("additionalProperties"))
                schema["additionalProperties"] = false;
            foreach (var (_, value) in schema.ToArray())
                if (value is not null) Close(value);
        }
        else if (node is JsonArray list)
        {
            foreach (var item in list.OfType<JsonNode>()) Close(item);
        }
    }
}
