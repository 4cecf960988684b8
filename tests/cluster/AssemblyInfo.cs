using Xunit.v3;

// The tests mostly wait for leases, timers and processes. Those of the shared grid (OneGrid) kill its processes and run alone.
[assembly: Parallelization(MaxThreads = 3)]
