using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using CsCheck;
using Xunit;

namespace NotifyHub.FuzzTests;

/// <summary>
/// Runs a target on its saved corpus, then for some time on generated inputs and on mutations of the corpus. A failing input is
/// minimized and added to the corpus, so that the next run starts with it. <c>scripts/fuzz</c> runs for longer.
/// </summary>
internal static class Fuzzer
{
    private static readonly int Seconds =
        int.TryParse(Environment.GetEnvironmentVariable("NOTIFYHUB_FUZZ_SECONDS"), CultureInfo.InvariantCulture, out var seconds)
            ? seconds
            : 3;

    // Far more than any input takes: a check that isn't done by then hangs.
    private static readonly TimeSpan CheckTimeout = TimeSpan.FromMinutes(2);

    /// <param name="target">The name of the target's folder in the corpus.</param>
    /// <param name="fresh">Generates inputs that the target partly understands.</param>
    /// <param name="check">Throws if the target handles an input incorrectly.</param>
    public static async Task RunAsync(string target, Gen<byte[]> fresh, Func<byte[], Task> check)
    {
        var folder = Path.Combine(Folder(), "corpus", target);
        byte[][] corpus = [.. Directory.GetFiles(folder).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];
        Assert.NotEmpty(corpus);
        foreach (var kept in corpus) await check(kept).WaitAsync(CheckTimeout, TestContext.Current.CancellationToken);

        byte[]? smallest = null;
        var tried = 0L;
        var underWay = new ConcurrentDictionary<int, byte[]>();
        try
        {
            await Gen.Frequency((1, fresh), (2, Mutated(corpus)))
                .SampleAsync(
                    async input =>
                    {
                        var number = (int)Interlocked.Increment(ref tried);
                        underWay[number] = input;
                        try
                        {
                            await check(input);
                        }
                        catch
                        {
                            lock (underWay) smallest = smallest is null || input.Length < smallest.Length ? input : smallest;
                            throw;
                        }
                        finally
                        {
                            underWay.TryRemove(number, out _);
                        }
                    },
                    time: Seconds, threads: 2, print: Convert.ToHexStringLower)
                .WaitAsync(TimeSpan.FromSeconds(Seconds) + CheckTimeout, TestContext.Current.CancellationToken);
        }
        catch (TimeoutException)
        {
            smallest = underWay.Values.MinBy(input => input.Length);
            throw;
        }
        finally
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"{corpus.Length} inputs of the corpus, {tried} others");
            if (smallest is not null)
                await File.WriteAllBytesAsync(
                    Path.Combine(folder, "found-" + Convert.ToHexStringLower(SHA256.HashData(smallest))[..12]), smallest);
        }
    }

    public static Task RunAsync(string target, Gen<byte[]> fresh, Action<byte[]> check) => RunAsync(target, fresh, input =>
    {
        check(input);
        return Task.CompletedTask;
    });

    /// <summary>Piece sizes that depend on the input alone, so that a saved input is always read the same way.</summary>
    public static int[][] Cuts(byte[] input)
    {
        var random = new Random(input.Aggregate(input.Length, (hash, one) => (hash * 31) + one));
        return [[int.MaxValue], [1], [.. Enumerable.Range(0, 20).Select(_ => random.Next(1, 1 << random.Next(1, 10)))]];
    }

    /// <summary>A saved input with a few changes of the kinds that often break parsers.</summary>
    private static Gen<byte[]> Mutated(byte[][] corpus)
    {
        var some = Gen.Int[0, corpus.Length - 1].Select(i => corpus[i]);
        var piece = Gen.OneOf(
            Gen.Byte.Array[1, 4],
            Gen.Int[0, Tokens.Length - 1].Select(i => Tokens[i]),
            Gen.Select(some, Gen.Int[0, 1 << 20], Gen.Int[1, 40], (other, at, count) => Slice(other, at, count)));
        var change = Gen.Select(Gen.Int[0, 3], Gen.Int[0, 1 << 20], Gen.Int[1, 20], piece);
        return Gen.Select(
            some, change.Array[1, 4], (input, changes) => changes.Aggregate(input, (changed, one) => Change(changed, one)));
    }

    private static byte[] Change(byte[] input, (int Kind, int At, int Count, byte[] Piece) change)
    {
        var at = change.At % (input.Length + 1);
        var end = Math.Min(input.Length, at + change.Count);
        return change.Kind switch
        {
            0 => [.. input[..at], .. change.Piece, .. input[at..]],
            1 => [.. input[..at], .. change.Piece, .. input[Math.Min(input.Length, at + change.Piece.Length)..]],
            2 => [.. input[..at], .. input[end..]],
            _ => [.. input[..end], .. input[at..]],
        };
    }

    private static byte[] Slice(byte[] bytes, int at, int count)
    {
        at %= bytes.Length + 1;
        return bytes[at..Math.Min(bytes.Length, at + count)];
    }

    private static readonly byte[][] Tokens =
    [
        .. new[]
        {
            "\r\n", "\n", "\r", "\r\n\r\n", "\0", "\"", "\\", "\\u0000", "\\ud800", "\\udc00", "{", "}", "[", "]", ",", ":",
            "[[[[[[[[[[[[[[[[", "{\"a\":{\"a\":{\"a\":", "-", "1e999", "99999999999999999999", "null",
            "\"type\"", "\"ping\"", "\"since\"", "//", "\ufeff", " HTTP/1.1",
            "Host: a\r\n", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", "upgrade", "?since=", "%00", " ", "\t",
        }.Select(System.Text.Encoding.UTF8.GetBytes),
        [0x00], [0x7f], [0x80], [0xff], [0xc3], [0xed, 0xa0, 0x80], [0xf4, 0x90],
        [0x81, 0x80], [0x01, 0x80], [0x80, 0x80], [0x88, 0x80, 0, 0, 0, 0],
        [0x89, 0x80, 0, 0, 0, 0], [0x81, 0xfe], [0x81, 0xff, 0x7f, 0xff], [0xc1], [0x88, 0x82, 0, 0, 0, 0, 3, 232],
    ];

    private static string Folder([CallerFilePath] string here = "") => Path.GetDirectoryName(here)!;
}
