using Orleans.CodeGeneration;

namespace NotifyHub.GrainInterfaces;

/// <summary>
/// Calls of this method need no order among them, so a gateway sends each by way of another silo. All of a grain's calls go through one,
/// otherwise: when that silo hangs with its sockets open they would all be lost, and so would every retry.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
[InvokableCustomInitializer("AddInvokeMethodOptions", InvokeMethodOptions.Unordered)]
public sealed class AnySiloAttribute : Attribute;
