using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace NotifyHub.Grains;

/// <summary>
/// Ends a silo's connections to gateways that have fallen silent. A gateway sends every silo a heartbeat once per second
/// (<see cref="GrainInterfaces.ILifeSignGrain"/>). When the network between the two is cut, nothing notifies the silo: it would
/// go on sending all answers into the dead connection for a quarter of an hour, although the gateway can be reached through the
/// other silos.
/// </summary>
internal static class SilentGateways
{
    /// <summary>Allows for several missed heartbeats: a gateway's CPU or name resolution may be busy for a while.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    public static void End(IConnectionBuilder connections, TimeProvider time) => connections.Use(next => async connection =>
    {
        var input = new ActivityReader(connection.Transport.Input, time);
        connection.Transport = new Pipes(input, connection.Transport.Output);
        await using var timer = time.CreateTimer(
            _ =>
            {
                if (time.GetElapsedTime(input.LastReadAt) > Limit)
                    connection.Abort(new ConnectionAbortedException("No message from the gateway for 5 s."));
            },
            null, Limit / 4, Limit / 4);
        await next(connection);
    });

    private sealed record Pipes(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    /// <summary>Reads for another, and remembers when something came.</summary>
    private sealed class ActivityReader(PipeReader reader, TimeProvider time) : PipeReader
    {
        private long _lastReadAt = time.GetTimestamp();

        public long LastReadAt => Volatile.Read(ref _lastReadAt);

        public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
        {
            var result = await reader.ReadAsync(cancellationToken);
            Volatile.Write(ref _lastReadAt, time.GetTimestamp());
            return result;
        }

        public override bool TryRead(out ReadResult result)
        {
            if (!reader.TryRead(out result)) return false;
            Volatile.Write(ref _lastReadAt, time.GetTimestamp());
            return true;
        }

        public override void AdvanceTo(SequencePosition consumed) => reader.AdvanceTo(consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) =>
            reader.AdvanceTo(consumed, examined);

        public override void CancelPendingRead() => reader.CancelPendingRead();

        public override void Complete(Exception? exception = null) => reader.Complete(exception);
    }
}
