using Xunit;

namespace NotifyHub.UnitTests;

/// <summary>
/// Tests that run while no other does. They measure the memory of the whole process, where that of other tests would count, or
/// depend on a time limit of the product, which other tests could make them miss.
/// </summary>
[CollectionDefinition(DisableParallelization = true)]
public sealed class RunAlone;
