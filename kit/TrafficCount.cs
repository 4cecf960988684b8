namespace NotifyHub.TestKit;

/// <param name="Acknowledged">Messages that the publisher was acknowledged.</param>
/// <param name="Delivered">Receipts of these at all clients, each once.</param>
/// <param name="Lost">Acknowledged, and not received by a client that should have.</param>
/// <param name="Repeated">Received more than once by one client.</param>
/// <param name="Invented">Received, and not acknowledged under this offset.</param>
/// <param name="Retries">Tries of the publisher that were not acknowledged.</param>
/// <param name="Faults">Broken promises of the protocol, such as a gap or an offset given twice.</param>
public sealed record TrafficCount(int Acknowledged, long Delivered, long Lost, long Repeated, long Invented, int Retries, int Faults);
