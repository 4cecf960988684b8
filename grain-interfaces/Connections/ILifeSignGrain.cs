using Orleans.Concurrency;

namespace NotifyHub.GrainInterfaces;

/// <summary>
/// Where a gateway says to a silo that the connection between the two is alive: whichever silo the call comes to takes it itself.
/// Key: <see cref="GrainKeys.Only"/>.
/// </summary>
[Alias("NotifyHub.ILifeSignGrain")]
public interface ILifeSignGrain : IGrainWithIntegerKey
{
    /// <summary>To be called as often in a row as there are silos: each call goes to another one.</summary>
    [Alias("GiveAsync"), AnySilo, OneWay]
    Task GiveAsync();
}
