using System.ComponentModel.DataAnnotations;

namespace NotifyHub.Gateway.Api;

/// <param name="Match">A channel name, a pattern such as <c>chat:*</c>, or <c>*</c>.</param>
public sealed record NewClientCap(
    string Match, [property: AllowedValues("subscribe", "publish", "presence", "history")] IReadOnlyList<string> Allow);
