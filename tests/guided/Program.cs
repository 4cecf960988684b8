using NotifyHub.FuzzTests;

// Runs the checks of tests/fuzz on one input at a time, for a coverage-guided fuzzer (scripts/fuzz --guided).
// Created lazily, at the first input: before that, instrumented code cannot report its coverage.
var frames = new Lazy<FrameTests>();
Action<byte[]> check = args is [var target]
    ? target switch
    {
        "lines" => LineTests.Check,
        "messages" => ClientMessageTests.Check,
        "heads" => RequestHeadTests.Check,
        "frames" => input => frames.Value.CheckAsync(input).GetAwaiter().GetResult(),
        _ => throw new ArgumentException($"Unknown target '{target}': expected lines, messages, heads or frames."),
    }
    : throw new ArgumentException("Expected one argument, the target.");

SharpFuzz.Fuzzer.OutOfProcess.Run(stream =>
{
    using var input = new MemoryStream();
    stream.CopyTo(input);
    check(input.ToArray());
});
