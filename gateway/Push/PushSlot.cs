using NotifyHub.Gateway.Network;

namespace NotifyHub.Gateway.Push;

/// <summary>
/// A connection's place in the <see cref="PushRegistry"/>. It is busy, and keeps its place, while lines of it are being published and answered, and
/// while a line of it arrives; before it has shown the key it is never busy.
/// </summary>
public sealed class PushSlot : IDisposable
{
    private readonly PushRegistry _registry;
    private readonly CancellationTokenSource _shed = new();
    private int _outstanding;
    private bool _isReceiving;

    internal PushSlot(PushRegistry registry, PushRegistry.Network network, bool isAuthorised)
    {
        IsAuthorised = isAuthorised;
        _registry = registry;
        Network = network;
        InAll = new LinkedListNode<PushSlot>(this);
        InNetwork = new LinkedListNode<PushSlot>(this);
    }

    /// <summary>Cancelled when a newer connection was given the place.</summary>
    public CancellationToken ShedToken => _shed.Token;

    /// <summary>A newer connection was given the place.</summary>
    public bool IsShed => Shortage != Admission.Granted;

    /// <summary>Which limit was reached when it was shed.</summary>
    public Admission Shortage { get; private set; } = Admission.Granted;

    /// <summary>Whether batches of lines are being published or answered.</summary>
    public bool HasOutstanding => Volatile.Read(ref _outstanding) > 0;

    internal PushRegistry.Network Network { get; }

    internal LinkedListNode<PushSlot> InAll { get; }

    internal LinkedListNode<PushSlot> InNetwork { get; }

    internal bool IsAuthorised { get; private set; }

    internal bool IsBusy => _outstanding > 0 || _isReceiving;

    internal bool IsGone { get; set; }

    /// <summary>The connection has shown the key.</summary>
    public void Authorise() => Change(() => IsAuthorised = true);

    /// <summary>A batch of lines is on its way.</summary>
    public void Begin() => Change(() => _outstanding++);

    /// <summary>So many batches have been answered.</summary>
    public void End(int batches) => Change(() => _outstanding -= batches);

    /// <summary>Whether part of a line has arrived.</summary>
    public void Receive(bool isReceiving) => Change(() => _isReceiving = isReceiving);

    public void Dispose() => _shed.Dispose();

    internal void Shed(Admission shortage)
    {
        Shortage = shortage;
        try
        {
            _shed.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It ended in this very moment.
        }
    }

    private void Change(Action change)
    {
        lock (_registry.Lock)
        {
            change();
            _registry.Place(this);
        }
    }
}
