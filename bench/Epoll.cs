using System.Runtime.InteropServices;

namespace NotifyHub.Bench;

/// <summary>
/// Readiness of many sockets for one thread, directly from the kernel. The socket engine of .NET passes every event to the thread
/// pool, which costs up to 30 % more CPU per delivery and adds a thread switch to every latency. The generator often shares its
/// cores with the server under test.
/// </summary>
internal sealed unsafe partial class Epoll : IDisposable
{
    public const uint In = 0x1, Out = 0x4, PeerClosed = 0x2000;

    private const int Capacity = 1024;
    private const int CloseOnExec = 0x80000;

    // The kernel packs epoll_event on x86-64 only.
    private static readonly int EventBytes = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;

    private readonly int _fd = Check(Create(CloseOnExec), "epoll_create1");
    private readonly byte* _events = (byte*)NativeMemory.AllocZeroed(Capacity, 16);

    public void Add(int socket, uint interest, int id) => Control(1, socket, interest, id);

    public void Change(int socket, uint interest, int id) => Control(3, socket, interest, id);

    /// <summary>Waits for events and returns their number. A signal counts as none.</summary>
    public int Wait(int milliseconds) => Math.Max(0, Wait(_fd, _events, Capacity, milliseconds));

    /// <summary>The owner of the event. A read or write of the socket shows what happened.</summary>
    public int Event(int index) => *(int*)(_events + (index * EventBytes) + EventBytes - 8);

    public void Dispose()
    {
        _ = Close(_fd);
        NativeMemory.Free(_events);
    }

    private void Control(int operation, int socket, uint interest, int id)
    {
        var entry = stackalloc byte[16];
        *(uint*)entry = interest;
        *(long*)(entry + EventBytes - 8) = id;
        Check(Control(_fd, operation, socket, entry), "epoll_ctl");
    }

    private static int Check(int result, string call) =>
        result >= 0 ? result : throw new IOException($"{call}: {Marshal.GetLastPInvokeErrorMessage()}");

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int Create(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int Control(int epoll, int operation, int socket, byte* entry);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    private static partial int Wait(int epoll, byte* events, int capacity, int milliseconds);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int fd);
}
