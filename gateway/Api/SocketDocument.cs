namespace NotifyHub.Gateway.Api;

/// <summary>The socket's description for programs, <c>/asyncapi.yaml</c>: AsyncAPI 3, written by hand and checked against the
/// code by tests.</summary>
internal static class SocketDocument
{
    /// <summary>Its path on every port that has the API.</summary>
    public const string Path = "/asyncapi.yaml";

    // RFC 9512.
    private const string MediaType = "application/yaml";

    private static readonly Lazy<byte[]> Utf8 = new(Read);

    public static void MapSocketDocument(this IEndpointRouteBuilder app) =>
        app.MapGet(Path, () => TypedResults.Bytes(Utf8.Value, MediaType)).AllowAnonymous().ExcludeFromDescription();

    private static byte[] Read()
    {
        using var resource = typeof(SocketDocument).Assembly.GetManifestResourceStream("asyncapi.yaml")!;
        var utf8 = new byte[resource.Length];
        resource.ReadExactly(utf8);
        return utf8;
    }
}
