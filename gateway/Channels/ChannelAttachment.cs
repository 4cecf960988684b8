namespace NotifyHub.Gateway.Channels;

/// <summary>Where a cursor begins in a thread.</summary>
/// <param name="Listeners">Those that it belongs to.</param>
/// <param name="First">The first frame to be sent; null: all is new from here on.</param>
/// <param name="Order">The last one that it has.</param>
/// <param name="Boundary">The newest frame that the window had taken then.</param>
/// <param name="Newest">No message of the channel has a greater offset.</param>
/// <param name="Skipped">Messages up to this offset are left out because of the history limit; 0: none.</param>
public readonly record struct ChannelAttachment(
    ChannelListeners Listeners, ChannelLink? First, long Order, long Boundary, long Newest, long Skipped);
