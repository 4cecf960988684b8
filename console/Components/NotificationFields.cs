using System.Text;
using System.Text.Json;
using NotifyHub.Console.Api;
using NotifyHub.Console.Language;

namespace NotifyHub.Console.Components;

/// <summary>The form of a notification, checked by the API's rules before it is sent.</summary>
public sealed class NotificationFields
{
    public const int TitleLength = 255;
    public const int MessageLength = 10_000;
    public const int LinkLength = 2_048;
    public const int TypeLength = 50;
    public const int MetadataBytes = 16 << 10;

    public string Title { get; set; } = "";

    public string Message { get; set; } = "";

    public string Type { get; set; } = "";

    public string Severity { get; set; } = "info";

    public string Priority { get; set; } = "normal";

    public string Icon { get; set; } = "";

    public string ActionUrl { get; set; } = "";

    public string Metadata { get; set; } = "";

    /// <summary>Fields that only programs set; an edit keeps them.</summary>
    private (string? Repo, string? Branch, string? CommitSha) Revision { get; init; }

    /// <summary>Faults that the API found, per field. Cleared when the form changes.</summary>
    public IReadOnlyDictionary<string, string> Refused { get; set; } = new Dictionary<string, string>();

    public static NotificationFields Of(NotificationDraft draft) => new()
    {
        Title = draft.Title,
        Message = draft.Message,
        Type = draft.Type is "windows" ? "" : draft.Type ?? "",
        Severity = draft.Severity,
        Priority = draft.Priority,
        Icon = draft.Icon ?? "",
        ActionUrl = draft.ActionUrl ?? "",
        Metadata = draft.Metadata?.GetRawText() ?? "",
        Revision = (draft.Repo, draft.Branch, draft.CommitSha),
    };

    /// <summary>The faults, by the API's field names.</summary>
    public Dictionary<string, string> Faults(Texts texts)
    {
        Dictionary<string, string> faults = [];
        Check("title", Title, 1, TitleLength);
        Check("message", Message, 1, MessageLength);
        Check("type", Type, 0, TypeLength);
        Check("icon", Icon, 0, LinkLength);
        Check("action_url", ActionUrl, 0, LinkLength);
        if (ActionUrl.Trim().Length > 0 && SafeLink.Of(ActionUrl.Trim()) is null) faults.TryAdd("action_url", texts.OnlyWebLinks);
        if (Metadata.Trim().Length > 0 && MetadataFault(Metadata, texts) is { } fault) faults["metadata"] = fault;
        foreach (var (field, why) in Refused) faults.TryAdd(field, why);
        return faults;

        void Check(string field, string text, int min, int max)
        {
            // The API counts Unicode characters, not UTF-16 code units.
            var length = text.EnumerateRunes().Count();
            if (length < min) faults[field] = texts.Required;
            else if (length > max) faults[field] = texts.TooLong(max);
        }
    }

    /// <summary>Valid only when there are no faults.</summary>
    public NotificationDraft ToDraft() => new()
    {
        Title = Title,
        Message = Message,
        Type = Optional(Type),
        Severity = Severity,
        Priority = Priority,
        Icon = Optional(Icon),
        ActionUrl = Optional(ActionUrl),
        Repo = Revision.Repo,
        Branch = Revision.Branch,
        CommitSha = Revision.CommitSha,
        Metadata = Optional(Metadata) is { } json ? JsonElement.Parse(json) : null,
    };

    private static string? Optional(string text) => text.Trim() is { Length: > 0 } trimmed ? trimmed : null;

    private static string? MetadataFault(string json, Texts texts)
    {
        if (Encoding.UTF8.GetByteCount(json) > MetadataBytes) return texts.TooLong(MetadataBytes);
        try
        {
            return JsonElement.Parse(json).ValueKind == JsonValueKind.Object ? null : texts.MustBeJsonObject;
        }
        catch (JsonException)
        {
            return texts.MustBeJsonObject;
        }
    }
}
