using NotifyHub.GrainInterfaces;

namespace NotifyHub.Bench.Micro;

/// <summary>The input of all benchmarks: pushed JSON of a given size, and messages made of it.</summary>
internal static class Samples
{
    private const string Start = "{\"type\":\"sample\",\"n\":1234567890,\"pad\":\"";

    public static byte[] Json(int bytes) =>
        System.Text.Encoding.UTF8.GetBytes(Start + new string('x', bytes - Start.Length - 2) + "\"}");

    public static Message[] Messages(int count, int bytes, long firstOffset = 1) =>
        [.. Enumerable.Range(0, count).Select(i => new Message(firstOffset + i, Json(bytes), IsNotification: false))];
}
