using Microsoft.AspNetCore.Http.Metadata;

namespace NotifyHub.Gateway.Api;

/// <summary>How large the body of an endpoint may be, as its purpose needs. The web server refuses a larger one (413) before it
/// is read, and one of unknown length as soon as it is too long.</summary>
internal sealed record BodyLimit(long Bytes) : IRequestSizeLimitMetadata
{
    long? IRequestSizeLimitMetadata.MaxRequestBodySize => Bytes;
}
