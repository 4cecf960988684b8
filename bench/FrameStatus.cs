namespace NotifyHub.Bench;

internal enum FrameStatus
{
    Complete,
    NeedMore,
    Invalid,
}
