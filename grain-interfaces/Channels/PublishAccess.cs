namespace NotifyHub.GrainInterfaces;

/// <summary>Who may publish by a socket to the channels of a namespace.</summary>
public enum PublishAccess
{
    Nobody,

    /// <summary>A client token that allows it.</summary>
    Token,
}
