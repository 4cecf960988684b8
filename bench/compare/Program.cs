using System.Runtime.InteropServices;
using NotifyHub.Bench.Compare;

if (args is [] or ["--help" or "-h"])
{
    Console.WriteLine(CompareOptions.Help);
    return args.Length == 0 ? 2 : 0;
}

using var cancellation = new CancellationTokenSource();
void Cancel(PosixSignalContext signal)
{
    signal.Cancel = true;
    cancellation.Cancel();
}
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Cancel);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Cancel);

try
{
    var options = CompareOptions.Parse(args);
    var loadAverage = File.ReadAllText("/proc/loadavg").Split(' ')[0];
    await using var comparison = new Comparison(options);
    var sections = Modes.Sections(options);
    await comparison.RunAsync(sections.SelectMany(s => s.Loads), cancellation.Token);

    var processors = File.ReadAllLines("/proc/cpuinfo");
    var processor = Array.Find(processors, l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim();
    var cores = processors.Count(l => l.StartsWith("processor", StringComparison.Ordinal));
    Console.WriteLine(
        $"{DateTimeOffset.UtcNow:yyyy-MM-dd HH:mm} UTC; {cores} " +
        $"cores of {processor ?? RuntimeInformation.ProcessArchitecture.ToString()}; {RuntimeInformation.OSDescription}; " +
        $"{RuntimeInformation.FrameworkDescription}; " +
        $"servers on {Cpus(options.ServerCpus)}, generator on {Cpus(options.BenchCpus)}; " +
        $"notifyhub on {comparison.Storage}; load average before the first run {loadAverage}; ratios to {options.Baseline}.");
    foreach (var section in sections) Table.Write(section, options.Servers, options.Baseline, comparison.Report, Console.Out);
    return comparison.Failed ? 1 : 0;
}
catch (FormatException e)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}
catch (OperationCanceledException)
{
    Console.Error.WriteLine("Cancelled.");
    return 2;
}

static string Cpus(string list) => list.Length == 0 ? "any core" : $"core {list}";
