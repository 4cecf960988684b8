namespace NotifyHub.Gateway.Access;

/// <summary>What can be done in a channel, as the <c>allow</c> of a client token's <c>caps</c> names it.</summary>
[Flags]
public enum ChannelActions
{
    None = 0,
    Subscribe = 1,
    Publish = 2,
    Presence = 4,
    History = 8,
}
