using Xunit.v3;

// The tests mostly wait for processes and timers. The tests of a class run one after another.
[assembly: Parallelization(MaxThreads = 4)]
