namespace NotifyHub.Gateway.Network;

/// <summary>The rate's verdict on the first request of a connection that <c>ClientTransport</c> has looked at;
/// later ones are judged again.</summary>
public sealed class FirstVerdict(ConnectVerdict verdict)
{
    private int _isTaken;

    public ConnectVerdict? Take() => Interlocked.Exchange(ref _isTaken, 1) == 0 ? verdict : null;
}
