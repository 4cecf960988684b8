using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using NotifyHub.Gateway.Access;
using NotifyHub.GrainInterfaces;
using Scalar.AspNetCore;

namespace NotifyHub.Gateway.Api;

/// <summary>The API's description, <c>/openapi/v1.json</c>, and the page to browse it, <c>/docs</c>.</summary>
internal static class ApiDocument
{
    private const string Bearer = "Bearer";

    public static void AddApiDocument(this IServiceCollection services) => services.AddOpenApi("v1", options =>
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "NotifyHub",
                Version = "v1",
                Description = "Notifications, push, connections and control of a NotifyHub grid. Dates in answers are either "
                    + "yyyy-MM-dd HH:mm:ss in the server's time zone, or RFC 3339 in UTC; each field says which. Dates in "
                    + "requests are RFC 3339 with Z or an offset. Messages are Traditional Chinese, or English with "
                    + "Accept-Language: en.",
            };
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
            {
                [Bearer] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", BearerFormat = "JWT" },
                [ApiKeyAuthentication.SchemeName] = new OpenApiSecurityScheme
                {
                    Type = SecuritySchemeType.ApiKey,
                    In = ParameterLocation.Header,
                    Name = ApiKeyAuthentication.Header,
                },
            };
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            DescribeSecurity(operation, context);
            ApiValues.DescribeQuery(operation, context);
            return Task.CompletedTask;
        });
        options.AddSchemaTransformer((schema, context, _) =>
        {
            if (context.JsonTypeInfo.Type == typeof(NotificationView)) DescribeNotification(schema);
            ApiValues.Describe(schema, context);
            return Task.CompletedTask;
        });
    });

    public static void MapApiDocument(this IEndpointRouteBuilder app)
    {
        app.MapOpenApi().AllowAnonymous();
        // Script and fonts come from this process: the page works without internet and sends no data about its readers.
        app.MapScalarApiReference("/docs", options => options
            .WithTitle("NotifyHub API")
            .DisableDefaultFonts()
            // Made for those who write an API, not for those who read about it.
            .HideDeveloperTools()
            .DisableTelemetry()
            .DisableAgent()).AllowAnonymous();
    }

    public static T Summary<T>(this T endpoint, string summary) where T : IEndpointConventionBuilder =>
        endpoint.WithSummary(summary);

    /// <summary>Describes the errors that are the endpoint's own; those that any endpoint can answer are added to all.</summary>
    public static RouteHandlerBuilder Fails(this RouteHandlerBuilder endpoint, params ReadOnlySpan<ApiError> errors)
    {
        foreach (var status in errors.ToArray().Select(error => error.Status).Distinct())
            endpoint.Produces<ErrorEnvelope>(status);
        return endpoint;
    }

    /// <summary>The endpoint takes JSON, and no more of it than that.</summary>
    public static RouteHandlerBuilder Takes<T>(this RouteHandlerBuilder endpoint, long bytes)
        where T : notnull => endpoint.Accepts<T>("application/json").WithMetadata(new BodyLimit(bytes))
            .Fails(ErrorCatalogue.ValidationError, ErrorCatalogue.RequestTimeout, ErrorCatalogue.PayloadTooLarge);

    /// <summary>Describes what every endpoint that publishes has in common.</summary>
    public static RouteHandlerBuilder Publishes(this RouteHandlerBuilder endpoint) => endpoint
        .Fails(ErrorCatalogue.ValidationError, ErrorCatalogue.PayloadTooLarge, ErrorCatalogue.Unavailable)
        .AddOpenApiOperationTransformer((operation, _, _) =>
        {
            (operation.Parameters ??= []).Add(new OpenApiParameter
            {
                Name = "Idempotency-Key",
                In = ParameterLocation.Header,
                Description = "A retry with the same key and body gets the first answer again and publishes nothing; "
                    + "another body gets 409.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = 255, Pattern = "^[!-~]+$" },
            });
            return Task.CompletedTask;
        });

    private static void DescribeSecurity(OpenApiOperation operation, OpenApiOperationTransformerContext context)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        if (metadata.OfType<IAllowAnonymous>().Any()) return;
        var policies = metadata.OfType<IAuthorizeData>().Select(authorize => authorize.Policy).ToArray();
        if (policies.Length == 0) return;

        operation.Security = [Requirement(Bearer, context)];
        var isForServices = policies.All(policy => policy is null || Permissions.IsForServices(policy));
        if (isForServices) operation.Security.Add(Requirement(ApiKeyAuthentication.SchemeName, context));

        operation.Responses ??= [];
        operation.Responses.TryAdd("401", new OpenApiResponse { Description = "UNAUTHORIZED" });
        if (policies.Any(policy => policy is not null))
            operation.Responses.TryAdd("403", new OpenApiResponse { Description = "FORBIDDEN" });
    }

    private static OpenApiSecurityRequirement Requirement(string scheme, OpenApiOperationTransformerContext context) =>
        new() { [new OpenApiSecuritySchemeReference(scheme, context.Document)] = [] };

    // Written by hand like the JSON itself, which NotificationJson writes; a test holds the two together.
    private static void DescribeNotification(OpenApiSchema schema)
    {
        schema.Type = JsonSchemaType.Object;
        schema.Properties = new Dictionary<string, IOpenApiSchema>();
        foreach (var name in (string[])["id", "offset"])
            schema.Properties[name] = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64" };
        foreach (var name in (string[])
            [
                "type", "title", "message", "icon", "action_url", "repo", "branch", "commit_sha", "channel",
            ])
            schema.Properties[name] = new OpenApiSchema { Type = JsonSchemaType.String };
        foreach (var (name, words) in ((string, IReadOnlyList<string>)[])
            [("severity", Severity.All), ("priority", Priority.All), ("status", NotificationStatus.All)])
            schema.Properties[name] = new OpenApiSchema { Type = JsonSchemaType.String, Enum = ApiValues.Enum(words) };
        foreach (var name in (string[])["created_at", "updated_at", "delivered_at", "read_at"])
        {
            var orNull = name is "delivered_at" or "read_at" ? JsonSchemaType.Null : 0;
            var time = new OpenApiSchema { Type = JsonSchemaType.String | orNull };
            ApiValues.DescribeLocal(time);
            schema.Properties[name] = time;
        }

        var utc = new OpenApiSchema { Type = JsonSchemaType.String };
        ApiValues.DescribeUtc(utc);
        schema.Properties["created_at_utc"] = utc;
        schema.Properties["metadata"] = new OpenApiSchema();
        schema.Properties["deliveries"] = new OpenApiSchema
        {
            Type = JsonSchemaType.Integer,
            Format = "int64",
            Description = "How often it was sent to a client, in the whole grid, a second or two ago. "
                + "Not in the answer to a publish, which is what goes out.",
        };
    }
}
