namespace NotifyHub.GrainInterfaces;

/// <param name="Unknown">The grain does not know this gateway (its lease ended, or the grain moved): the report was <b>not</b>
/// taken; send a complete one.</param>
[GenerateSerializer, Immutable, Alias("NotifyHub.LeaseAnswer")]
public sealed record LeaseAnswer(
    [property: Id(0)] bool Unknown);
