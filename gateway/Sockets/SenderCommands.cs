using System.Collections.Concurrent;
using NotifyHub.Gateway.Network;

namespace NotifyHub.Gateway.Sockets;

/// <summary>What other threads have a sender's thread do for its clients, in order. Of a client that has ended nothing is
/// done.</summary>
/// <param name="wake">Wakes the sender's thread.</param>
internal sealed class SenderCommands(Action wake)
{
    private readonly ConcurrentQueue<(Client Client, Action<Client> Run)> _queue = new();

    public bool IsEmpty => _queue.IsEmpty;

    public void Post(Client client, Action<Client> run)
    {
        _queue.Enqueue((client, who =>
        {
            if (!who.Ended && !who.Closing) run(who);
        }));
        wake();
    }

    /// <summary>For who waits for the result; default: the client ended before.</summary>
    public async Task<T?> RunAsync<T>(Client client, Func<Client, T> run)
    {
        var done = new TaskCompletionSource<T?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _queue.Enqueue((client, who =>
        {
            try
            {
                done.SetResult(who.Ended || who.Closing ? default : run(who));
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        }));
        wake();
        return await done.Task;
    }

    /// <summary>Carries out those that are there. For the sender's thread.</summary>
    public void RunAll()
    {
        for (var waiting = _queue.Count; waiting > 0 && _queue.TryDequeue(out var command); waiting--)
        {
            try
            {
                command.Run(command.Client);
            }
            catch
            {
                // Without its subscriptions it would wait for ever: let it come back.
                command.Client.Close(CloseReason.TryAgain);
                throw;
            }
        }

        if (!_queue.IsEmpty) wake();
    }
}
