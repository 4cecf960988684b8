using System.Diagnostics;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Push;

/// <summary>Consecutive lines of one connection: their answers, null where the publish decides, and the payloads to
/// publish.</summary>
/// <param name="acceptedAt">When the first of the lines had come.</param>
internal sealed class PushedLines(DateTimeOffset acceptedAt)
{
    private const int MaxLines = 1_000;
    private const int MaxBytes = 1 << 20;

    // What a line takes beside its text until it is answered, measured: its draft, array and answer.
    private const int LineBytes = 128;

    // What a draft for a channel takes beside that: its target.
    private const int TargetBytes = 96;

    private string?[]? _refusals;

    public DateTimeOffset AcceptedAt => acceptedAt;

    public List<string?> Answers { get; } = [];

    public List<Draft> Drafts { get; } = [];

    /// <summary>The memory that all of it takes, about.</summary>
    public long Bytes { get; private set; }

    /// <summary>The last answer is the last of the connection.</summary>
    public bool Closes { get; private set; }

    /// <summary>Those that lines are part of, the first ones only; null when none is named.</summary>
    public List<ActivityContext>? Traces { get; private set; }

    public bool IsFull => Answers.Count >= MaxLines || Bytes >= MaxBytes;

    /// <summary>Some drafts do not go to the public channel.</summary>
    public bool HasChannels { get; private set; }

    public void Publish(byte[] payload)
    {
        Answers.Add(null);
        Drafts.Add(Draft.Push(payload));
        Bytes += LineBytes + payload.Length;
    }

    /// <summary>A draft for a channel other than the public one.</summary>
    public void Publish(Draft draft)
    {
        HasChannels = true;
        Answers.Add(null);
        Drafts.Add(draft);
        Bytes += LineBytes + TargetBytes + draft.Payload!.Length;
    }

    public void Answer(string answer)
    {
        Answers.Add(answer);
        Bytes += LineBytes;
    }

    /// <summary>These drafts, counted from 0, were not published.</summary>
    public void Refuse(int first, int count, string answer) =>
        (_refusals ??= new string?[Drafts.Count]).AsSpan(first, count).Fill(answer);

    /// <summary>Why this draft was not published; null: it was.</summary>
    public string? Refusal(int draft) => _refusals?[draft];

    /// <summary>The drafts of each part, in their order, with their places in <see cref="Drafts"/>.</summary>
    public IEnumerable<(PushedLines Part, List<int> Places)> Split<TPart>(Func<Draft, TPart> partOf)
        where TPart : notnull
    {
        var parts = new Dictionary<TPart, (PushedLines Part, List<int> Places)>();
        for (var draft = 0; draft < Drafts.Count; draft++)
        {
            var key = partOf(Drafts[draft]);
            if (!parts.TryGetValue(key, out var part)) parts.Add(key, part = (new PushedLines(acceptedAt), []));
            part.Part.Drafts.Add(Drafts[draft]);
            part.Places.Add(draft);
        }

        return parts.Values;
    }

    public void Close(string answer)
    {
        Answer(answer);
        Closes = true;
    }

    public void Add(ActivityContext trace)
    {
        Traces ??= [];
        if (Traces.Count <= Tracing.MaxLinks && !Traces.Contains(trace)) Traces.Add(trace);
    }

    public PushedLines Append(PushedLines next)
    {
        Answers.AddRange(next.Answers);
        Drafts.AddRange(next.Drafts);
        Bytes += next.Bytes;
        HasChannels |= next.HasChannels;
        foreach (var trace in next.Traces ?? []) Add(trace);
        return this;
    }
}
