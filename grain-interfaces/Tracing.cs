using System.Diagnostics;

namespace NotifyHub.GrainInterfaces;

/// <summary>NotifyHub's own spans: one per incoming request or push, one per group commit, one per batch that a gateway sends to
/// its clients; never one per delivery.</summary>
public static class Tracing
{
    public const string SourceName = "NotifyHub";

    /// <summary>Lines of the push port that are published together.</summary>
    public const string Push = "notifyhub.push";

    /// <summary>A group commit.</summary>
    public const string Commit = "notifyhub.commit";

    /// <summary>A batch, from its arrival at a gateway until the last client there has been sent it.</summary>
    public const string FanOut = "notifyhub.fan_out";

    /// <summary>Maximum of links per span: enough to follow a batch of thousands.</summary>
    public const int MaxLinks = 32;

    public static readonly ActivitySource Source = new(SourceName);

    /// <summary>The trace that goes on here, if it is one that is recorded.</summary>
    public static ActivityContext? Recorded => Activity.Current is { Recorded: true } activity ? activity.Context : null;

    /// <summary>As W3C's <c>traceparent</c>.</summary>
    public static string Write(ActivityContext context) => $"00-{context.TraceId}-{context.SpanId}-{(int)context.TraceFlags:x2}";

    /// <summary>Begins a span that belongs to several traces: it goes on in the first and is linked to the others.</summary>
    /// <returns>Null: there is no listener, or none of them is recorded.</returns>
    public static Activity? Start(string name, ActivityKind kind, IReadOnlyList<ActivityContext> traces)
    {
        if (traces.Count == 0) return null;
        // Whatever the caller does otherwise is not part of it, and is not changed by it.
        var before = Activity.Current;
        Activity.Current = null;
        var links = traces.Skip(1).Take(MaxLinks).Select(trace => new ActivityLink(trace));
        var activity = Source.StartActivity(name, kind, traces[0], links: links);
        Activity.Current = before;
        return activity;
    }
}
