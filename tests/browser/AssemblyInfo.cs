using Xunit.v3;

// Two browsers, each with its own gateway. Some tests stop the service, so those that share a gateway run one at a time.
[assembly: Parallelization(MaxThreads = 2)]
