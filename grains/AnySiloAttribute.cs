using Orleans.Metadata;

namespace NotifyHub.Grains;

/// <summary>
/// Calls to this grain need no order among them, so a gateway sends each by way of another silo. Bound to one, as they are by default, they
/// would all be lost when that silo hangs with its sockets open, and so would every retry.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class AnySiloAttribute : Attribute, IGrainPropertiesProviderAttribute
{
    public void Populate(IServiceProvider services, Type grainClass, GrainType grainType, Dictionary<string, string> properties) =>
        properties[WellKnownGrainTypeProperties.Unordered] = "true";
}
