using NotifyHub.GrainInterfaces;
using Orleans.Concurrency;

namespace NotifyHub.Grains.Tokens;

/// <summary>The grid's own key for client tokens, and revocations.</summary>
[StatelessWorker, Reentrant, GrainType("clienttoken")]
public sealed class ClientTokenGrain(ClientTokenStore store) : Grain, IClientTokenGrain
{
    public Task<byte[]> KeyAsync() => store.KeyAsync();

    public Task<bool> RevokeAsync(TokenSubject subject, DateTimeOffset expiresAt) => store.RevokeAsync(subject, expiresAt);

    public Task<RevocationPage> RevocationsAsync(long after) => store.RevocationsAsync(after);
}
