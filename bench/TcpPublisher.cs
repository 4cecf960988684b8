using System.Net.Sockets;
using System.Text;

namespace NotifyHub.Bench;

/// <summary>Pushes lines over one connection, with many outstanding, and reads one answer per line.</summary>
internal sealed class TcpPublisher(BenchOptions options, long run) : Publisher(options, run)
{
    private const int SendBytes = 256 << 10;

    private readonly byte[] _lines = new byte[Math.Max(SendBytes, options.Size + 1)];
    private readonly byte[] _answers = new byte[64 << 10];
    private readonly long[] _sentAt = new long[options.Pipeline];
    private long _first, _next;
    private int _answerBytes;

    protected override Task PublishAsync(long end, CancellationToken cancellation) =>
        Task.Factory.StartNew(
            () => Publish(end, cancellation), cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private void Publish(long end, CancellationToken cancellation)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(Options.Push);
        if (Options.PushKey.Length > 0) Authenticate(socket);
        var blocked = false;
        while (!cancellation.IsCancellationRequested)
        {
            var now = Clock.Now;
            var over = now >= end;
            if (over && Outstanding == 0) return;
            if (over && now - end > Options.Drain.TotalMicroseconds)
                throw new IOException($"{Outstanding} pushed lines were never answered.");

            var due = over ? 0 : Due(now);
            var room = Options.Pipeline - Outstanding;
            if (due > 0 && room > 0) Send(socket, Math.Min(due, room), now, blocked);
            blocked = due > room;

            // Waits for answers until the next message may be sent. A wait below the unit of poll, a millisecond, would be zero,
            // and this loop would spin.
            var wait = blocked || over ? 100_000 : Math.Min(NextDue - Clock.Now, 100_000);
            wait = wait > 0 ? Math.Max(wait, 1000) : 0;
            if (socket.Poll(TimeSpan.FromMicroseconds(wait), SelectMode.SelectRead)) Receive(socket);
        }
    }

    private void Send(Socket socket, long count, long now, bool blocked)
    {
        var lineBytes = Options.Size + 1;
        count = Math.Min(count, _lines.Length / lineBytes);
        for (var i = 0; i < count; i++)
        {
            var at = blocked ? Math.Min(now, NextDue) : now;
            var line = _lines.AsSpan(i * lineBytes, lineBytes);
            Next(line, at);
            line[^1] = (byte)'\n';
            _sentAt[_next++ % _sentAt.Length] = at;
        }
        for (var sent = 0; sent < count * lineBytes;)
            sent += socket.Send(_lines.AsSpan(sent, (int)(count * lineBytes) - sent));
    }

    private void Receive(Socket socket)
    {
        var received = socket.Receive(_answers.AsSpan(_answerBytes));
        if (received == 0) throw new IOException($"The push port closed with {Outstanding} lines unanswered.");
        var now = Clock.Now;
        var bytes = _answers.AsSpan(0, _answerBytes + received);
        for (int end; (end = bytes.IndexOf((byte)'\n')) >= 0; bytes = bytes[(end + 1)..])
        {
            var answer = bytes[..end];
            Answered(Sent - Outstanding, _sentAt[_first++ % _sentAt.Length], now,
                answer.SequenceEqual("ok"u8) ? null : Encoding.UTF8.GetString(answer));
        }
        _answerBytes = bytes.Length;
        bytes.CopyTo(_answers);
    }

    private void Authenticate(Socket socket)
    {
        socket.Send(Encoding.UTF8.GetBytes($"AUTH {Options.PushKey}\n"));
        var answer = socket.Receive(_answers);
        if (!_answers.AsSpan(0, answer).SequenceEqual("ok\n"u8)) throw new IOException("The push port did not take the key.");
    }
}
