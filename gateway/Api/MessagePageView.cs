namespace NotifyHub.Gateway.Api;

/// <param name="Messages">Ascending.</param>
/// <param name="More">More are retained: older ones, or with since newer ones.</param>
public sealed record MessagePageView(IReadOnlyList<MessageView> Messages, bool More);
