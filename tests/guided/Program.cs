using NotifyHub.FuzzTests;

// The checks of tests/fuzz, an input at a time, for a fuzzer that sees which ways through the code an input takes. scripts/fuzz --guided runs it.
// Made by the first input: instrumented code has nowhere to tell its way before.
var frames = new Lazy<FrameTests>();
Action<byte[]> check = args is [var target]
    ? target switch
    {
        "lines" => LineTests.Check,
        "messages" => ClientMessageTests.Check,
        "heads" => RequestHeadTests.Check,
        "frames" => input => frames.Value.CheckAsync(input).GetAwaiter().GetResult(),
        _ => throw new ArgumentException($"'{target}' is none of lines, messages, heads and frames."),
    }
    : throw new ArgumentException("Name the target.");

SharpFuzz.Fuzzer.OutOfProcess.Run(stream =>
{
    using var input = new MemoryStream();
    stream.CopyTo(input);
    check(input.ToArray());
});
