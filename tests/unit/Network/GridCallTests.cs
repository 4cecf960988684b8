using NotifyHub.Gateway.Network;
using NotifyHub.GrainInterfaces;
using Xunit;

namespace NotifyHub.UnitTests.Network;

public sealed class GridCallTests
{
    [Theory]
    [InlineData(typeof(StorageUnavailableException), true, true)]
    [InlineData(typeof(TimeoutException), true, true)]
    [InlineData(typeof(StorageBrokenException), false, true)]
    [InlineData(typeof(NotStorableException), false, false)]
    [InlineData(typeof(InvalidOperationException), false, false)]
    public void Broken_storage_is_an_outage_that_does_not_pass(Type type, bool passes, bool isOutage)
    {
        var failure = (Exception)Activator.CreateInstance(type)!;
        Assert.Equal((passes, isOutage), (GridCall.IsUnavailable(failure), GridCall.IsOutage(failure)));
    }
}
