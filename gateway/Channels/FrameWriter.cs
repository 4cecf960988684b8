using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Channels;

/// <summary>Writes a message's frame and answers its length; the target is large enough.</summary>
public delegate int FrameWriter(Span<byte> target, Message message);
