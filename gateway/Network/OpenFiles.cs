using System.Net.Sockets;
using System.Runtime.InteropServices;
using NotifyHub.Gateway.Settings;

namespace NotifyHub.Gateway.Network;

/// <summary>
/// How near this process is to its limit of open files. The system gives every new file the lowest free number, so the number of
/// a new socket says how many files the whole process has open. At the limit itself the runtime cannot go on (it aborts when
/// it cannot read how much memory there is), so connections stop short of it.
/// </summary>
internal static unsafe partial class OpenFiles
{
    /// <summary>What the process opens beside connections: some 320 libraries, the database, the log, its way to the
    /// silos.</summary>
    private const int OwnFiles = 400;

    /// <summary>Most files that this process may have open. Read each time: it can be changed while the process runs
    /// (<c>prlimit</c>).</summary>
    public static int Limit => ReadLimit();

    /// <summary>Only the reserve is left: no more clients and pushes.</summary>
    public static bool AreScarce(Socket accepted)
    {
        var limit = Limit;
        return Number(accepted) >= limit - Reserve(limit);
    }

    /// <summary>Half of the reserve is gone: more HTTP only in place of what is idle.</summary>
    public static bool AreExhausted(Socket accepted)
    {
        var limit = Limit;
        return Number(accepted) >= limit - (Reserve(limit) / 2);
    }

    /// <summary>Three quarters of the reserve are gone: nothing may stay, for the last quarter is the process's own.</summary>
    public static bool AreGone(Socket accepted)
    {
        var limit = Limit;
        return Number(accepted) >= limit - (Reserve(limit) / 4);
    }

    /// <summary>Files needed for as many connections as the settings allow.</summary>
    public static long Needed(GatewayOptions options) =>
        (long)options.ClientConnections + options.HttpConnections + options.PushConnections + Reserve(Limit) + OwnFiles;

    /// <summary>Clients that fit beside what the process itself needs.</summary>
    public static int RoomForClients => Math.Max(0, Limit - Reserve(Limit) - OwnFiles);

    /// <summary>Files that clients and pushes leave free. The first half is for HTTP, so that operators get in; the rest for the
    /// process itself.</summary>
    private static int Reserve(int limit) => Math.Clamp(limit / 8, 32, 512);

    // Elsewhere a handle is no such number, and there is no such limit.
    private static long Number(Socket socket) => OperatingSystem.IsLinux() || OperatingSystem.IsMacOS() ? socket.Handle : 0;

    private static int ReadLimit()
    {
        // RLIMIT_NOFILE.
        int? resource = OperatingSystem.IsLinux() ? 7 : OperatingSystem.IsMacOS() ? 8 : null;
        var limits = stackalloc ulong[2];
        return resource is { } which && GetLimit(which, limits) == 0 ? (int)Math.Min(limits[0], int.MaxValue) : int.MaxValue;
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, ulong* limits);
}
