using BenchmarkDotNet.Running;
using NotifyHub.Bench.Micro;

BenchmarkSwitcher.FromAssembly(typeof(Samples).Assembly).Run(args);
