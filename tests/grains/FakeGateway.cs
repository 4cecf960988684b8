using System.Collections.Concurrent;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.GrainTests;

/// <summary>A gateway as its silos see it: it answers calls and numbers its reports, and has no sockets.</summary>
public sealed class FakeGateway : IGatewayObserver
{
    private readonly IGrainFactory _grains;
    private readonly IGatewayObserver _reference;
    private long _sequence;

    public FakeGateway(IGrainFactory grains, string? id = null)
    {
        Id = id ?? $"gw-{Guid.NewGuid():N}";
        _grains = grains;
        _reference = grains.CreateObjectReference<IGatewayObserver>(this);
    }

    public string Id { get; }

    public ConcurrentQueue<ServiceState> Applied { get; } = new();

    public ConcurrentQueue<string> Closed { get; } = new();

    public ConcurrentDictionary<string, LiveCounters> Live { get; } = new();

    /// <summary>What a call to this gateway waits for.</summary>
    public Task Ready { get; set; } = Task.CompletedTask;

    public bool Fails { get; set; }

    public IConnectionGrain Connections => _grains.GetGrain<IConnectionGrain>(GrainKeys.Gateway(Id));

    /// <summary>Goes on with the numbers of a gateway that was there before, as this one does after a loss.</summary>
    public SessionReport Next(
        SessionOpened[]? opened = null, SessionClosed[]? closed = null, bool complete = false, long sent = 0,
        long received = 0) =>
        new(++_sequence, _reference, Node(opened?.Length ?? 0), complete, opened ?? [], closed ?? [], sent, received);

    public Task<LeaseAnswer> ReportAsync(
        SessionOpened[]? opened = null, SessionClosed[]? closed = null, bool complete = false, long sent = 0,
        long received = 0) =>
        Connections.ReportAsync(Next(opened, closed, complete, sent, received));

    public Task<ServiceState> SubscribeAsync(IServiceGrain service) => service.SubscribeAsync(Id, _reference);

    public NodeReport Node(int connections = 0) =>
        new(Id, "gateway", "127.0.0.1:8080", 1, 0.5, 1.5, connections, DateTimeOffset.UnixEpoch);

    public Task DeliverAsync(MessageBatch batch) => Ready;

    public async Task ApplyAsync(ServiceState state)
    {
        await AnswerAsync();
        Applied.Enqueue(state);
    }

    public async Task<LiveCounters[]> DescribeAsync(string[] connectionIds)
    {
        await AnswerAsync();
        return [.. connectionIds.Where(Live.ContainsKey).Select(id => Live[id])];
    }

    public async Task<bool> CloseAsync(string connectionId)
    {
        await AnswerAsync();
        Closed.Enqueue(connectionId);
        return true;
    }

    private async Task AnswerAsync()
    {
        await Ready;
        if (Fails) throw new InvalidOperationException("This gateway fails.");
    }
}
