using NotifyHub.BrowserTests;
using Xunit;
using Xunit.Sdk;
using Xunit.v3;

// One browser on a small machine, and one service that some tests stop: one test at a time.
[assembly: AssemblyFixture(typeof(Browser))]
[assembly: Parallelization(Mode = ParallelMode.None)]
