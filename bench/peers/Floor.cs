using System.Net;
using System.Net.Sockets;
using System.Numerics;
using System.Runtime.InteropServices;

namespace NotifyHub.Bench.Peers;

/// <summary>
/// The floor of this machine: the cost of a broadcast with the kernel only. One thread, one epoll, one ring of encoded frames, a
/// cursor per client, and one <c>send(2)</c> for all contiguous bytes. Nothing is stored or checked: it is a yardstick, not a
/// server to deploy. A client that lags by more than the backlog is cut off.
/// </summary>
internal sealed unsafe partial class Floor : IDisposable
{
    private const int ClientListener = -1, PushListener = -2;
    private const int ReadBytes = 256 << 10;
    private const int Backlog = 4096;

    private readonly Epoll _epoll = new();
    private readonly Socket _clientListener, _pushListener;
    private readonly byte* _received = (byte*)NativeMemory.Alloc(ReadBytes);
    private readonly byte* _ring;
    private readonly long _ringMask;
    private readonly int _maxLag;
    private readonly Dictionary<int, PushLines> _pushes = [];
    private readonly Stack<int> _free = [];
    private Peer[] _peers = new Peer[1024];
    private int _count;
    private long _head, _sentUpTo;

    /// <param name="maxLag">Bytes that a client may lag behind the head.</param>
    public Floor(int port, int pushPort, int maxLag)
    {
        _maxLag = maxLag;
        // The lag plus more than can arrive between two checks: bytes that a cursor may still send are never overwritten.
        var ringBytes = (long)BitOperations.RoundUpToPowerOf2((ulong)maxLag + (4 * PushLines.MaxBytes));
        _ring = (byte*)NativeMemory.Alloc((nuint)ringBytes);
        _ringMask = ringBytes - 1;
        _clientListener = Listen(port, ClientListener);
        _pushListener = Listen(pushPort, PushListener);
    }

    /// <summary>Serves until the process ends.</summary>
    public void Run()
    {
        while (true)
        {
            var events = _epoll.Wait(-1);
            for (var i = 0; i < events; i++) Serve(_epoll.Event(i));
            // Once per wake-up: under load one send then carries many messages.
            if (_sentUpTo < _head) FanOut();
        }
    }

    public void Dispose()
    {
        _clientListener.Dispose();
        _pushListener.Dispose();
        _epoll.Dispose();
        NativeMemory.Free(_received);
        NativeMemory.Free(_ring);
    }

    private Socket Listen(int port, int id)
    {
        // Accepted sockets inherit it; without it answers wait for the delayed ACK of the peer.
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            Blocking = false, NoDelay = true,
        };
        listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        listener.Listen(Backlog);
        _epoll.Add((int)listener.Handle, Epoll.In, id);
        return listener;
    }

    private void Serve(int id)
    {
        if (id == ClientListener) Accept(_clientListener, Phase.Upgrading);
        else if (id == PushListener) Accept(_pushListener, Phase.Push);
        else if (_peers[id].Phase == Phase.Push) Push(id, ref _peers[id]);
        else if (_peers[id].Phase != Phase.Free) Read(id, ref _peers[id]);
    }

    private void Accept(Socket listener, Phase phase)
    {
        for (int fd; (fd = Native.Accept((int)listener.Handle)) >= 0;)
        {
            if (!_free.TryPop(out var id)) id = _count++;
            if (id == _peers.Length) Array.Resize(ref _peers, id * 2);
            _peers[id] = new Peer { Socket = fd, Phase = phase };
            if (phase == Phase.Push) _pushes[id] = new PushLines();
            _epoll.Add(fd, Epoll.In, id);
        }
    }

    /// <summary>Reads the input of a client: its upgrade and its close; everything else is ignored.</summary>
    private void Read(int id, ref Peer peer)
    {
        if (peer.Blocked)
        {
            peer.Blocked = false;
            SendRest(id, ref peer);
            if (peer.Phase == Phase.Free) return;
            if (!peer.Blocked) _epoll.Change(peer.Socket, Epoll.In, id);
        }
        var received = Native.Receive(peer.Socket, _received, ReadBytes);
        if (received < 0 && Native.WouldBlock) return;
        if (received <= 0)
        {
            End(id, ref peer);
            return;
        }
        var bytes = new ReadOnlySpan<byte>(_received, received);
        if (peer.Phase == Phase.Open)
        {
            // The generator sends whole frames, one at a time. A close is answered with its own code.
            if ((bytes[0] & 0x0F) != 8) return;
            Native.Send(peer.Socket, FloorHandshake.CloseFrame);
            End(id, ref peer);
            return;
        }
        if (FloorHandshake.Answer(bytes) is not { } answer || !Native.Send(peer.Socket, answer))
        {
            End(id, ref peer);
            return;
        }
        peer.Phase = Phase.Open;
        peer.Position = _head;
    }

    private void Push(int id, ref Peer peer)
    {
        var lines = _pushes[id];
        var received = Native.Receive(peer.Socket, _received, ReadBytes);
        if (received < 0 && Native.WouldBlock) return;
        if (received <= 0)
        {
            _pushes.Remove(id);
            End(id, ref peer);
            return;
        }
        lines.Add(new ReadOnlySpan<byte>(_received, received));
        var taken = 0;
        while (lines.TryTake(out var line))
        {
            Append(line);
            taken++;
        }
        if (taken == 0) return;
        Native.Send(peer.Socket, lines.Answers(taken));
        if (_head - _sentUpTo > PushLines.MaxBytes) FanOut();
    }

    private void Append(ReadOnlySpan<byte> message)
    {
        Span<byte> header = stackalloc byte[10];
        Write(header[..FloorHandshake.TextHeader(header, message.Length)]);
        Write(message);
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        var at = _head & _ringMask;
        var before = (int)Math.Min(bytes.Length, _ringMask + 1 - at);
        bytes[..before].CopyTo(new Span<byte>(_ring + at, before));
        bytes[before..].CopyTo(new Span<byte>(_ring, bytes.Length - before));
        _head += bytes.Length;
    }

    private void FanOut()
    {
        for (var id = 0; id < _count; id++)
        {
            ref var peer = ref _peers[id];
            if (peer.Phase != Phase.Open) continue;
            if (!peer.Blocked) SendRest(id, ref peer);
            else if (_head - peer.Position > _maxLag) Evict(id, ref peer);
        }
        _sentUpTo = _head;
    }

    /// <summary>Sends up to the head or until the socket is full.</summary>
    private void SendRest(int id, ref Peer peer)
    {
        while (peer.Position < _head)
        {
            var at = peer.Position & _ringMask;
            var sent = Native.Send(peer.Socket, _ring + at, (nuint)Math.Min(_head - peer.Position, _ringMask + 1 - at));
            if (sent >= 0)
            {
                peer.Position += sent;
            }
            else if (Native.WouldBlock)
            {
                peer.Blocked = true;
                _epoll.Change(peer.Socket, Epoll.In | Epoll.Out, id);
                return;
            }
            else
            {
                End(id, ref peer);
                return;
            }
        }
    }

    /// <summary>
    /// Resets the connection. Its buffers are full, so a close frame would not arrive, and the kernel would keep the buffers
    /// until then.
    /// </summary>
    private void Evict(int id, ref Peer peer)
    {
        Native.ResetOnClose(peer.Socket);
        End(id, ref peer);
    }

    private void End(int id, ref Peer peer)
    {
        _ = Native.Close(peer.Socket);
        peer = default;
        _free.Push(id);
    }

    private enum Phase : byte
    {
        Free,
        Upgrading,
        Open,
        Push,
    }

    /// <summary>The state per connection: 16 bytes.</summary>
    private struct Peer
    {
        public long Position;
        public int Socket;
        public Phase Phase;
        public bool Blocked;
    }

    private static partial class Native
    {
        private const int NoSignalNoWait = 0x4000 | 0x40;
        private const int NonBlocking = 0x800, CloseOnExec = 0x80000;

        public static bool WouldBlock => Marshal.GetLastPInvokeError() == 11;

        public static int Accept(int listener) => Accept(listener, null, null, NonBlocking | CloseOnExec);

        public static int Receive(int fd, byte* buffer, int length) => (int)Receive(fd, buffer, (nuint)length, 0);

        public static nint Send(int fd, byte* bytes, nuint length) => Send(fd, bytes, length, NoSignalNoWait);

        public static bool Send(int fd, ReadOnlySpan<byte> bytes)
        {
            fixed (byte* start = bytes) return Send(fd, start, (nuint)bytes.Length) == bytes.Length;
        }

        public static void ResetOnClose(int fd)
        {
            // SOL_SOCKET, SO_LINGER: { on, 0 seconds }.
            var linger = stackalloc int[2] { 1, 0 };
            _ = SetOption(fd, 1, 13, linger, 2 * sizeof(int));
        }

        [LibraryImport("libc", EntryPoint = "setsockopt")]
        private static partial int SetOption(int fd, int level, int option, int* value, int size);

        [LibraryImport("libc", EntryPoint = "close")]
        public static partial int Close(int fd);

        [LibraryImport("libc", EntryPoint = "accept4", SetLastError = true)]
        private static partial int Accept(int listener, void* address, void* size, int flags);

        [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
        private static partial nint Receive(int fd, byte* buffer, nuint length, int flags);

        [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
        private static partial nint Send(int fd, byte* bytes, nuint length, int flags);
    }
}
