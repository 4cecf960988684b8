using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NotifyHub.Gateway.Access;
using NotifyHub.Gateway.Channels;
using NotifyHub.Gateway.Network;
using NotifyHub.Gateway.Push;
using NotifyHub.Gateway.Settings;
using NotifyHub.GrainInterfaces;
using NotifyHub.TestKit;
using NotifyHub.UnitTests.Sockets;
using Xunit;

namespace NotifyHub.UnitTests.Push;

/// <summary>A push connection in memory, from the sender's side; the channel is a list.</summary>
internal sealed class PushWire : IAsyncDisposable
{
    private readonly Pipe _toServer = new(new PipeOptions(pauseWriterThreshold: 0));
    private readonly Pipe _toSender = new(new PipeOptions(pauseWriterThreshold: 0));
    private readonly CancellationTokenSource _stop = new();
    private readonly StringBuilder _answers = new();
    private readonly Task _collecting;
    private readonly WatchedReader _reader;
    private long _sent;

    public PushWire(
        Action<GatewayOptions>? configure = null, Func<PublishBatch, Task>? publishing = null,
        PushRegistry? registry = null, PushBudget? budget = null)
    {
        var options = new GatewayOptions();
        configure?.Invoke(options);
        _reader = new WatchedReader(_toServer.Reader);
        registry ??= new PushRegistry(1, 0);
        Assert.Equal(Admission.Granted, registry.TryAdd("10.0.0.1", options.PushKey.Length == 0, out var slot));
        var connection = new PushConnection(
            _reader,
            _toSender.Writer,
            Slot = slot!,
            budget ?? new PushBudget(options.PushPendingBytes),
            async batch =>
            {
                Batches.Enqueue(batch);
                if (publishing is not null) await publishing(batch);
                foreach (var draft in batch.Drafts) Published.Enqueue(draft.Payload!);
                return new PublishResult(Published.Count - batch.Drafts.Length + 1, batch.Drafts.Length, Repeated: false);
            },
            new ChannelDrafts(Namespaces, Logs),
            Meters.Metrics(),
            options,
            Time,
            NullLogger.Instance);
        Running = connection.RunAsync(_stop.Token);
        _collecting = CollectAsync();
    }

    public FakeTimeProvider Time { get; } = new();

    public Namespaces Namespaces { get; } = new();

    public ChannelLogs Logs { get; } = GatewayParts.NewLogs();

    public PushRegistry.Slot Slot { get; }

    /// <summary>Completes when the server has ended the connection.</summary>
    public Task Running { get; }

    public ConcurrentQueue<PublishBatch> Batches { get; } = [];

    /// <summary>The payloads published so far.</summary>
    public ConcurrentQueue<byte[]> Published { get; } = [];

    public string[] PublishedTexts => [.. Published.Select(Encoding.UTF8.GetString)];

    public string Answers
    {
        get
        {
            lock (_answers) return _answers.ToString();
        }
    }

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        _sent += bytes.Length;
        await _toServer.Writer.WriteAsync(bytes);
    }

    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    public async Task EndAsync() => await _toServer.Writer.CompleteAsync();

    /// <summary>Waits until the server has examined every byte sent.</summary>
    public Task SeenAsync() => Until.TrueAsync(() => _reader.Examined == _sent);

    public void Stop() => _stop.Cancel();

    public Task AnsweredAsync(string expected) => Until.TrueAsync(() => Answers == expected, () => Answers);

    /// <summary>Waits until the server has ended the connection; returns all its answers.</summary>
    public async Task<string> EndedAsync()
    {
        await Running.WaitAsync(Until.Limit);
        await _collecting.WaitAsync(Until.Limit);
        return Answers;
    }

    public async ValueTask DisposeAsync()
    {
        await _toServer.Writer.CompleteAsync();
        await EndedAsync();
        _stop.Dispose();
    }

    private async Task CollectAsync()
    {
        while (true)
        {
            var read = await _toSender.Reader.ReadAsync();
            lock (_answers)
            {
                foreach (var segment in read.Buffer) _answers.Append(Encoding.UTF8.GetString(segment.Span));
            }

            _toSender.Reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted) return;
        }
    }

    /// <summary>Counts the bytes that the server has examined.</summary>
    private sealed class WatchedReader(PipeReader inner) : PipeReader
    {
        private ReadOnlySequence<byte> _buffer;
        private long _consumed;
        private long _examined;

        public long Examined => Volatile.Read(ref _examined);

        public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
        {
            var read = await inner.ReadAsync(cancellationToken);
            _buffer = read.Buffer;
            return read;
        }

        public override bool TryRead(out ReadResult result) => throw new NotSupportedException();

        public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
        {
            var before = _consumed;
            _consumed += _buffer.Slice(0, consumed).Length;
            Volatile.Write(ref _examined, before + _buffer.Slice(0, examined).Length);
            inner.AdvanceTo(consumed, examined);
        }

        public override void CancelPendingRead() => inner.CancelPendingRead();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);
    }
}
