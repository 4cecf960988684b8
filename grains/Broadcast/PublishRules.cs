using System.Text.Json;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Storage;

namespace NotifyHub.Grains.Broadcast;

/// <summary>
/// What can never be stored is refused before it waits with others for one commit, which it would fail for all. Gateways check
/// what callers may send; this is what the log needs from every publisher.
/// </summary>
internal static class PublishRules
{
    // A key is an entry of an index, which PostgreSQL limits to a third of a page.
    private const int MaxKeyLength = 1_024;

    private const int MaxMessageKeyLength = 255;

    /// <param name="batch">What is published.</param>
    /// <param name="carriesChannels">Whether the log does, so that each draft needs a target.</param>
    /// <exception cref="NotStorableException">What is wrong with the batch.</exception>
    public static void Check(PublishBatch batch, bool carriesChannels)
    {
        if (batch.IdempotencyKey is { } key && (key.Length > MaxKeyLength || !StoredText.IsStorable(key)))
            throw new NotStorableException("The idempotency key is too long or is no text.");
        foreach (var draft in batch.Drafts)
        {
            if ((Fault(draft) ?? Fault(draft, carriesChannels)) is { } fault) throw new NotStorableException(fault);
        }
    }

    private static string? Fault(Draft draft, bool carriesChannels) => draft.Target switch
    {
        null => carriesChannels ? "A draft of this log needs a channel." : null,
        _ when !carriesChannels => "This log carries one channel only.",
        { Channel: var channel } when !IsChannel(channel) => "This is no name of a channel.",
        { Retention: var retention } when !Enum.IsDefined(retention) => "There is no such retention.",
        { Retention: Retention.None } when draft.Fields is not null => "A notification needs a channel that stores it.",
        { Key: { } key } when key.Length is 0 or > MaxMessageKeyLength || !StoredText.IsStorable(key) => "The key is no key.",
        { Priority: { } priority } when !Priority.All.Contains(priority) => "There is no such priority.",
        { User: { } user } when !StoredText.IsStorable(user) => "The user's name is no text.",
        { MaxPerSecond: <= 0 } => "The limit per second is not positive.",
        _ => null,
    };

    /// <summary>Names that start with <c>$</c> are the system's.</summary>
    private static bool IsChannel(string name) =>
        name != GrainKeys.PublicChannel && ChannelName.IsValid(name.StartsWith('$') ? name.AsSpan(1) : name);

    private static string? Fault(Draft? draft) => draft switch
    {
        { Payload: not null, Fields: null } => null,
        { Payload: null, Fields: { } fields } => Fault(fields),
        _ => "A draft is either a payload or a notification.",
    };

    private static string? Fault(NotificationDraft draft)
    {
        string?[] required = [draft.Type, draft.Title, draft.Message, draft.Severity, draft.Priority];
        string?[] optional = [draft.Icon, draft.ActionUrl, draft.Repo, draft.Branch, draft.CommitSha, draft.MetadataJson];
        if (Array.Exists(required, text => text is null)) return "A field of the notification is missing.";
        string?[] all = [.. required, .. optional];
        if (Array.Exists(all, text => text is not null && !StoredText.IsStorable(text)))
            return "A field of the notification has U+0000 or half a surrogate pair.";
        return draft.MetadataJson is null || IsJson(draft.MetadataJson) ? null : "The notification's metadata is not JSON.";
    }

    private static bool IsJson(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
