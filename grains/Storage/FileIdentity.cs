using System.Runtime.InteropServices;

namespace NotifyHub.Grains.Storage;

/// <summary>
/// Which file a path leads to: two files that were ever at the same path differ. Elsewhere than on Linux only whether there is
/// one.
/// </summary>
internal readonly record struct FileIdentity(ulong Device, ulong Inode)
{
    // struct statx and its constants, the same on every architecture.
    private const int CurrentFolder = -100;
    private const uint InodeWanted = 0x100;
    private const int Size = 256;
    private const int InodeAt = 32;
    private const int DeviceAt = 136;

    [ThreadStatic]
    private static byte[]? buffer;

    /// <summary>Null: there is no file at the path.</summary>
    public static FileIdentity? Of(string path)
    {
        if (!OperatingSystem.IsLinux()) return File.Exists(path) ? default(FileIdentity) : null;
        var found = buffer ??= new byte[Size];
        return statx(CurrentFolder, path, 0, InodeWanted, found) == 0
            ? new FileIdentity(BitConverter.ToUInt64(found, DeviceAt), BitConverter.ToUInt64(found, InodeAt))
            : null;
    }

#pragma warning disable SYSLIB1054 // A generated stub would need unsafe code; this is called a few times a commit.
    [DllImport("libc")]
    private static extern int statx(
        int folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mask, [Out] byte[] found);
#pragma warning restore SYSLIB1054
}
