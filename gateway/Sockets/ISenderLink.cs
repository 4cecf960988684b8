namespace NotifyHub.Gateway.Sockets;

/// <summary>What <see cref="ChannelSender"/> needs of the sender that it is a part of. Called on the sender's thread, but for
/// <see cref="Wake"/>.</summary>
public interface ISenderLink
{
    /// <summary>Where frames are joined for one send.</summary>
    byte[] Joined { get; }

    /// <summary>Wakes the sender's thread. For any thread.</summary>
    void Wake();

    /// <summary>The client's connection takes more, and no answer waits before it.</summary>
    bool CanSend(Client client);

    /// <summary>The client's connection has enough for now.</summary>
    bool IsFull(Client client);

    /// <summary>Sends bytes; what the connection does not take follows in the background.</summary>
    void Send(Client client, byte[] bytes, int count);

    /// <summary>The client is sent this many messages.</summary>
    void Count(Client client, long messages);

    /// <summary>The last offset of <c>all</c> that the client was sent; null: it reads history of it, or does not follow
    /// it.</summary>
    long? LogOffset(Client client);

    /// <summary>The client follows <c>all</c> no more.</summary>
    void StopLog(Client client);
}
