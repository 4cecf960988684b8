using Xunit.v3;

// They wait for leases, timers and processes most of the time. Tests of the shared grid kill its processes: one at a time (OneGrid).
[assembly: Parallelization(MaxThreads = 3)]
