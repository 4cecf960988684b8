using NotifyHub.TestKit;
using Xunit;
using Xunit.Sdk;
using Xunit.v3;

// One grid for all tests, each of which leaves it whole; they kill its processes, so one at a time.
[assembly: AssemblyFixture(typeof(LocalCluster))]
[assembly: Parallelization(Mode = ParallelMode.None)]
