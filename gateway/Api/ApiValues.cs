using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Mvc.Infrastructure;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace NotifyHub.Gateway.Api;

/// <summary>
/// Describes what the types of the API's values do not say: which words a field takes (<see cref="AllowedValuesAttribute"/>; of a
/// list, which words its elements may be), and what a date looks like.
/// </summary>
internal static class ApiValues
{
    private const string Utc =
        "RFC 3339 in UTC, with Z at its end; fractions of a second, up to seven digits, where they are not zero.";

    private const string Local = "yyyy-MM-dd HH:mm:ss in the server's time zone, which GET /api/system/info names.";
    private const string LocalPattern = @"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$";

    private const string Accepted =
        "RFC 3339 with Z or an offset (2026-11-23T17:41:00+08:00); without one it is refused. Seconds, and fractions of them "
        + "up to nine digits, may be left out.";

    public static void Describe(OpenApiSchema schema, OpenApiSchemaTransformerContext context)
    {
        var (type, property) = (context.JsonTypeInfo.Type, context.JsonPropertyInfo);
        var owner = property?.DeclaringType;
        if (type == typeof(DateTime) || type == typeof(DateTime?))
            Explain(schema, owner == typeof(NewSchedule) || owner == typeof(NewTimes) ? Accepted : Utc);
        if (property is null) return;

        if (type == typeof(string) && IsTime(property.Name))
        {
            if (owner == typeof(OverviewView) || owner == typeof(SeriesPoint)) DescribeUtc(schema);
            else DescribeLocal(schema);
        }

        if (type == typeof(string) && property.Name == "date") schema.Format = "date";
        if (Words(property.AttributeProvider) is not { } words) return;
        if (schema.Items is OpenApiSchema items) items.Enum = Enum(words);
        else schema.Enum = Enum(words, orNull: schema.Type?.HasFlag(JsonSchemaType.Null) == true);
    }

    public static void DescribeUtc(OpenApiSchema schema)
    {
        schema.Format = "date-time";
        Explain(schema, Utc);
    }

    public static void DescribeLocal(OpenApiSchema schema)
    {
        schema.Pattern = LocalPattern;
        Explain(schema, Local);
    }

    /// <summary>Describes the parameters in the query. They are read as text, so that an invalid one is reported like any other
    /// fault.</summary>
    public static void DescribeQuery(OpenApiOperation operation, OpenApiOperationTransformerContext context)
    {
        foreach (var parameter in operation.Parameters?.OfType<OpenApiParameter>() ?? [])
        {
            if (parameter.Name == "page") parameter.Schema = Number(1, Paging.MaxRows);
            if (parameter.Name == "limit") parameter.Schema = Number(Paging.DefaultLimit, Paging.MaxLimit);
            if (parameter.Name is "from" or "to")
            {
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "date-time" };
                parameter.Description = Accepted;
            }

            if (Words(Handler(parameter.Name, context)) is { } words)
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, Enum = Enum(words) };
        }
    }

    public static List<JsonNode> Enum(IEnumerable<string> words, bool orNull = false)
    {
        List<JsonNode> values = [.. words.Select(word => JsonValue.Create(word))];
        if (orNull) values.Add(JsonNullSentinel.JsonNull);
        return values;
    }

    private static bool IsTime(string name) =>
        name == "server_time" || name.EndsWith("_at", StringComparison.Ordinal) || name.EndsWith("At", StringComparison.Ordinal)
        || name == "at";

    private static void Explain(OpenApiSchema schema, string form) =>
        schema.Description = string.IsNullOrEmpty(schema.Description) ? form : $"{schema.Description} {form}";

    private static string[]? Words(ICustomAttributeProvider? of) =>
        of?.GetCustomAttributes(typeof(AllowedValuesAttribute), inherit: true) is [AllowedValuesAttribute allowed]
            ? [.. allowed.Values.OfType<string>()]
            : null;

    private static ParameterInfo? Handler(string? name, OpenApiOperationTransformerContext context) =>
        context.Description.ParameterDescriptions.FirstOrDefault(parameter => parameter.Name == name)?.ParameterDescriptor
            is IParameterInfoParameterDescriptor described
            ? described.ParameterInfo
            : null;

    private static OpenApiSchema Number(int otherwise, int max) => new()
    {
        Type = JsonSchemaType.Integer,
        Minimum = "1",
        Maximum = max.ToString(CultureInfo.InvariantCulture),
        Default = otherwise,
    };
}
