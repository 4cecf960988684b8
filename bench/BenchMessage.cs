namespace NotifyHub.Bench;

/// <summary>
/// The JSON that a run pushes: <c>{"type":"bench","seq":…,"at":…,"pad":"…"}</c>. Both numbers have a fixed width, so that a
/// receiver finds them by position. JSON forbids leading zeros, so each number has a base that fills the width.
/// </summary>
internal static class BenchMessage
{
    public const int MinBytes = 64;

    /// <summary>The maximum number of messages per run. It also sizes what a receiver stores per message.</summary>
    public const int MaxMessages = 20_000_000;

    private const long AtBase = 1_000_000_000_000_000;
    private const int SeqDigits = 10;
    private const int AtDigits = 16;

    private static ReadOnlySpan<byte> BeforeSeq => "{\"type\":\"bench\",\"seq\":"u8;

    private static ReadOnlySpan<byte> BeforeAt => ",\"at\":"u8;

    private static ReadOnlySpan<byte> BeforePad => ",\"pad\":\""u8;

    private static ReadOnlySpan<byte> AfterPad => "\"}"u8;

    private static int AtPosition => BeforeSeq.Length + SeqDigits + BeforeAt.Length;

    /// <summary>
    /// The first sequence number of a run. Its leading digits differ per run, so that messages left in the server by another run
    /// are not counted.
    /// </summary>
    public static long NewRun() => Random.Shared.Next(40, 400) * 25_000_000L;

    /// <summary>A message of exactly <paramref name="size"/> bytes, without its numbers.</summary>
    public static byte[] Template(int size)
    {
        var bytes = new byte[size];
        bytes.AsSpan().Fill((byte)'x');
        BeforeSeq.CopyTo(bytes);
        BeforeAt.CopyTo(bytes.AsSpan(BeforeSeq.Length + SeqDigits));
        BeforePad.CopyTo(bytes.AsSpan(AtPosition + AtDigits));
        AfterPad.CopyTo(bytes.AsSpan(size - AfterPad.Length));
        Stamp(bytes, 0, 0);
        return bytes;
    }

    /// <summary>Writes the sequence number and the time of sending into a copy of the template.</summary>
    public static void Stamp(Span<byte> message, long seq, long at)
    {
        WriteDigits(message.Slice(BeforeSeq.Length, SeqDigits), seq);
        WriteDigits(message.Slice(AtPosition, AtDigits), AtBase + at);
    }

    public static bool TryRead(ReadOnlySpan<byte> message, out long seq, out long at)
    {
        if (message.Length < MinBytes || !message.StartsWith(BeforeSeq))
        {
            seq = at = 0;
            return false;
        }
        seq = ReadDigits(message.Slice(BeforeSeq.Length, SeqDigits));
        at = ReadDigits(message.Slice(AtPosition, AtDigits)) - AtBase;
        return true;
    }

    /// <summary>The message in the metadata of a notification; empty if there is none.</summary>
    public static ReadOnlySpan<byte> Within(ReadOnlySpan<byte> outer)
    {
        var start = outer.IndexOf(BeforeSeq);
        if (start < 0) return default;
        var end = outer[start..].IndexOf(AfterPad);
        return end < 0 ? default : outer.Slice(start, end + AfterPad.Length);
    }

    private static void WriteDigits(Span<byte> target, long value)
    {
        for (var i = target.Length - 1; i >= 0; i--, value /= 10) target[i] = (byte)('0' + (value % 10));
    }

    private static long ReadDigits(ReadOnlySpan<byte> digits)
    {
        long value = 0;
        foreach (var digit in digits) value = (value * 10) + (digit - '0');
        return value;
    }
}
