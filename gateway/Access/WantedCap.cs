namespace NotifyHub.Gateway.Access;

/// <param name="Allow">Of <see cref="ClientTokenRules.Actions"/>.</param>
public sealed record WantedCap(string Match, IReadOnlyList<string> Allow);
