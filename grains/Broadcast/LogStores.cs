using Microsoft.Extensions.Options;
using NotifyHub.Grains.Settings;

namespace NotifyHub.Grains.Broadcast;

/// <summary>What all logs of a silo have together.</summary>
public sealed class LogStores(
    MessageStore messages, ChannelStore channels, ChannelReader reader, PublishKeyStore keys, IOptions<SiloOptions> options)
{
    public MessageStore Messages => messages;

    public ChannelStore Channels => channels;

    public ChannelReader Reader => reader;

    public PublishKeyStore Keys => keys;

    /// <summary>What waits for the database in logs that carry channels.</summary>
    internal QueueBudget Waiting { get; } = new(options.Value.PublishQueueBytes);
}
