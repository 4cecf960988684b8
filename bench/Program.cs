using NotifyHub.Bench;

if (args is ["--help" or "-h"])
{
    Console.WriteLine(BenchOptions.Help);
    return 0;
}
if (!OperatingSystem.IsLinux())
{
    Console.Error.WriteLine("The generator waits on epoll and therefore runs on Linux only.");
    return 2;
}

using var cancellation = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    cancellation.Cancel();
};

try
{
    var options = BenchOptions.Parse(args);
    var report = await Run.ExecuteAsync(options, Console.Out, cancellation.Token);
    ReportTable.Write(report, Console.Out);
    if (options.JsonFile.Length > 0) await File.WriteAllTextAsync(options.JsonFile, report.ToJson(), cancellation.Token);
    return report.Errors.Any ? 1 : 0;
}
catch (Exception e) when (e is FormatException or IOException or System.Net.Sockets.SocketException or HttpRequestException)
{
    Console.Error.WriteLine(e.Message);
    if (e.InnerException is { } inner) Console.Error.WriteLine(inner);
    return 2;
}
catch (OperationCanceledException)
{
    Console.Error.WriteLine("Cancelled.");
    return 2;
}
