using System.Text.Json;
using CsCheck;

namespace NotifyHub.FuzzTests;

/// <summary>JSON texts as clients and services may write them, mostly objects with property names that have a meaning.</summary>
internal static class Json
{
    private static readonly Gen<string> Scalar = Gen.OneOf(
        OneOf(
            "null", "true", "false", "0", "-0", "-1", "1.5", "1e400",
            "9007199254740993", "9223372036854775807", "9223372036854775808"),
        OneOf(
            "\"ping\"", "\"subscribe\"", "\"all\"", "\"p\\u0069ng\"",
            "\"\\ud800\"", "\"\\ud83d\\ude00\"", "\"通知\"", "\"\"", "\"a\\\\\\\"b\""),
        Gen.Long.Select(value => $"{value}"),
        Gen.String.Select(value => JsonSerializer.Serialize(value)));

    private static readonly Gen<string> Name = Gen.OneOf(
        OneOf(
            "\"type\"", "\"time\"", "\"channel\"", "\"since\"", "\"epoch\"",
            "\"t\\u0079pe\"", "\"\\ud800\"", "\"traceparent\"", "\"\""),
        Gen.String.Select(value => JsonSerializer.Serialize(value)));

    private static readonly Gen<string> Value = Gen.Recursive<string>((depth, value) => depth > 5
        ? Scalar
        : Gen.Frequency(
            (3, Scalar),
            (1, value.Array[0, 3].Select(items => $"[{string.Join(" ,", items)}]")),
            (1, Gen.Select(Name, value).Array[0, 3].Select(Object))));

    public static readonly Gen<string> Text = Gen.Frequency(
        (4, Gen.Select(Name, Value).Array[0, 5].Select(Object)),
        (1, Value),
        (1, Gen.Select(
            OneOf("\"ping\"", "\"subscribe\""), Value,
            (type, time) => $$"""{"type":{{type}},"channel":"all","since":{{time}},"time":{{time}}}""")),
        // Close to the maximum depth.
        (1, Gen.Int[60, 68].Select(depth => $$"""{"type":"ping","time":{{new string('[', depth)}}{{new string(']', depth)}}}""")),
        (1, Gen.String));

    public static Gen<string> OneOf(params string[] items) => Gen.Int[0, items.Length - 1].Select(i => items[i]);

    private static string Object((string Name, string Value)[] fields) =>
        $"{{{string.Join(", ", fields.Select(field => $"{field.Name} :{field.Value}"))}}}";
}
