namespace NotifyHub.GrainInterfaces;

/// <summary>The idempotency key was used before, for another request. Nothing was appended.</summary>
[GenerateSerializer, Alias("NotifyHub.IdempotencyConflictException")]
public sealed class IdempotencyConflictException : Exception
{
    public IdempotencyConflictException() : this("The idempotency key was used for another request.")
    {
    }

    public IdempotencyConflictException(string message) : base(message)
    {
    }

    public IdempotencyConflictException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
