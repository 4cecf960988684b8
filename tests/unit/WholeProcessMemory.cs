using Xunit;

namespace NotifyHub.UnitTests;

/// <summary>Tests that measure the memory of the whole process. They run alone: the memory of others would count.</summary>
[CollectionDefinition(DisableParallelization = true)]
public sealed class WholeProcessMemory;
