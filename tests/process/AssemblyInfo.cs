using Xunit.v3;

// They wait for processes and timers most of the time. The tests of a class run one after the other.
[assembly: Parallelization(MaxThreads = 4)]
