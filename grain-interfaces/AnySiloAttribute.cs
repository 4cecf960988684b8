using Orleans.CodeGeneration;

namespace NotifyHub.GrainInterfaces;

/// <summary>
/// Calls of this method need no order among them, so a gateway sends each through another silo. Otherwise all calls to a grain
/// go through one silo: if that one hangs with its sockets open, they would all be lost, and so would every retry.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
[InvokableCustomInitializer("AddInvokeMethodOptions", InvokeMethodOptions.Unordered)]
public sealed class AnySiloAttribute : Attribute;
