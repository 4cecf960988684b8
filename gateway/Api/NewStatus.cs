using System.ComponentModel.DataAnnotations;

namespace NotifyHub.Gateway.Api;

/// <summary>The body of <c>PATCH /api/notifications/windows/{id}/status</c>.</summary>
public sealed record NewStatus(
    [property: AllowedValues("pending", "delivered", "read", "dismissed", "expired")] string Status);
