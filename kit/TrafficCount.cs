namespace NotifyHub.TestKit;

/// <param name="Acknowledged">Acknowledged messages of the publisher.</param>
/// <param name="Delivered">Deliveries of these to all clients, without repeats.</param>
/// <param name="Lost">Acknowledged messages that a client should have received and did not.</param>
/// <param name="Repeated">Messages that one client received more than once.</param>
/// <param name="Invented">Received messages that were not acknowledged under their offset.</param>
/// <param name="Retries">Attempts of the publisher that were not acknowledged.</param>
/// <param name="Faults">Violations of the protocol, such as a gap or an offset assigned twice.</param>
public sealed record TrafficCount(
    int Acknowledged, long Delivered, long Lost, long Repeated, long Invented, int Retries, int Faults);
