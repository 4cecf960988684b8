using System.Buffers.Binary;

namespace NotifyHub.Bench;

internal enum FrameStatus
{
    Complete,
    NeedMore,
    Invalid,
}
