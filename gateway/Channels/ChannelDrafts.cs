using NotifyHub.Gateway.Access;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Channels;

/// <summary>Makes drafts of messages, with the options that are in effect for their channels now.</summary>
public sealed class ChannelDrafts(Namespaces namespaces, ChannelLogs logs)
{
    /// <summary>How many bytes the data of a message of this channel may have; null: what the caller accepts.</summary>
    public int? MaxBytes(string channel) => channel == GrainKeys.PublicChannel ? null : namespaces.Of(channel).MessageBytes;

    public Draft Make(ChannelMessage message) => Draft.Push(message.Data, Target(message));

    /// <summary>The log that a draft goes to.</summary>
    /// <exception cref="StorageUnavailableException">The gateway has not registered yet.</exception>
    public int LogOf(Draft draft) => draft.Target is { } target ? logs.LogOf(target.Channel) : GrainKeys.PublicLog;

    /// <summary>Drafts of one part can be published with one call, and their answers are alike.</summary>
    public (int Log, bool IsStored) PartOf(Draft draft) => draft.Target is { } target
        // While the logs are not known, publishing fails in any of them.
        ? (logs.Count == 0 ? 1 : logs.LogOf(target.Channel), target.Retention != Retention.None)
        : (GrainKeys.PublicLog, true);

    private ChannelTarget? Target(ChannelMessage message)
    {
        if (message.Channel == GrainKeys.PublicChannel) return null;
        var options = namespaces.Of(message.Channel);
        return new ChannelTarget(
            message.Channel, options.Retention, message.Key, message.ExpiresAt, message.Priority, message.User,
            options.PublishesPerSecond);
    }
}
