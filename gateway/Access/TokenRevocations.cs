using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using NotifyHub.Gateway.Network;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Gateway.Access;

/// <summary>
/// This gateway's copy of the grid's revocations of client tokens. One call per second reads what is new, however many clients
/// there are; a client that comes waits for a copy that is at most a second old.
/// </summary>
public sealed class TokenRevocations(IGrainFactory grains, TimeProvider time)
{
    /// <summary>How long a new revocation is looked for among the clients: a token may have been verified before it, and its
    /// client appear in the list after it.</summary>
    private static readonly TimeSpan NewFor = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan PruneInterval = TimeSpan.FromHours(1);

    // One question, whose answer is kept for a second.
    private readonly RecentAnswers<int, bool> _answers = new(time);
    private readonly SemaphoreSlim _reading = new(1);

    // By hash: a million of them take some 80 MB, whatever their ids.
    private readonly ConcurrentDictionary<UInt128, (long RevokedAt, long ExpiresAt)> _all = new();
    private readonly Queue<(TokenSubject Subject, long At)> _new = new();
    private volatile NewSubjects _newSubjects = NewSubjects.None;
    private long _version;
    private bool _isLoaded;
    private long _prunedAt = time.GetTimestamp();

    private IClientTokenGrain Grain => grains.GetGrain<IClientTokenGrain>(GrainKeys.Only);

    /// <summary>Some revocation is new, so clients that are connected may have to go.</summary>
    public bool HasNew => _newSubjects != NewSubjects.None;

    /// <summary>Reads what is new, unless that was done within the last second.</summary>
    /// <exception cref="TimeoutException">The grid does not answer; or another failure of it.</exception>
    public Task ReadAsync() => _answers.AskAsync(0, ReadAllAsync);

    /// <summary>Revokes a token or a user's tokens. It is in effect here when it returns, and everywhere within 5 s. False: too
    /// many are kept.</summary>
    public async Task<bool> RevokeAsync(TokenSubject subject)
    {
        var end = time.GetUtcNow() + ClientTokenRules.MaxAge;
        if (!subject.IsUser && OwnTokenId.EndOf(subject.Value) is { } own && own < end) end = own;
        if (!await Grain.RevokeAsync(subject, end + ClientTokenRules.Skew + ClientTokenRules.Skew)) return false;
        await ReadNowAsync();
        return true;
    }

    /// <summary>The first moment at which a token of this user is not revoked, and not before <paramref name="now"/>.</summary>
    public async Task<DateTimeOffset> FirstGoodAsync(string user, DateTimeOffset now)
    {
        // The clock of the silo that revoked may be ahead of this one.
        await ReadNowAsync();
        return _all.TryGetValue(Hash(TokenSubject.OfUser(user)), out var revoked)
            && DateTimeOffset.FromUnixTimeMilliseconds(revoked.RevokedAt + 1) is var first && first > now ? first : now;
    }

    public bool IsRevoked(ClientToken token) =>
        (token.Id is { } id && _all.ContainsKey(Hash(TokenSubject.OfToken(id))))
        || (_all.TryGetValue(Hash(TokenSubject.OfUser(token.User)), out var user)
            && token.IssuedAt.ToUnixTimeMilliseconds() <= user.RevokedAt);

    /// <summary>The same for the new revocations alone, and cheap.</summary>
    public bool IsNewlyRevoked(ClientToken token) =>
        _newSubjects is var subjects
        && (subjects.Users.Contains(token.User) || (token.Id is { } id && subjects.Tokens.Contains(id)))
        && IsRevoked(token);

    private Task ReadNowAsync()
    {
        _answers.Forget(0);
        return ReadAsync();
    }

    private async Task<bool> ReadAllAsync()
    {
        await _reading.WaitAsync();
        try
        {
            bool isLast;
            do
            {
                var page = await Grain.RevocationsAsync(_version).WaitAsync(GridCall.Timeout, time);
                foreach (var revocation in page.Revocations) Add(revocation);
                // The database is not the one it was: what is known stays, and all of it is read again.
                (_version, isLast) = page.Version < _version ? (0, false) : (page.Version, page.IsLast);
            }
            while (!isLast);

            _isLoaded = true;
            ForgetOld();
            return true;
        }
        finally
        {
            _reading.Release();
        }
    }

    private void Add(TokenRevocation revocation)
    {
        var entry = (revocation.RevokedAt.ToUnixTimeMilliseconds(), revocation.ExpiresAt.ToUnixTimeMilliseconds());
        _all[Hash(revocation.Subject)] = entry;
        // Nobody was let in before the first of them were known.
        if (_isLoaded) _new.Enqueue((revocation.Subject, time.GetTimestamp()));
    }

    private void ForgetOld()
    {
        while (_new.TryPeek(out var oldest) && time.GetElapsedTime(oldest.At) >= NewFor) _new.Dequeue();
        _newSubjects = _new.Count == 0 ? NewSubjects.None : NewSubjects.Of(_new.Select(one => one.Subject));
        if (time.GetElapsedTime(_prunedAt) < PruneInterval) return;
        _prunedAt = time.GetTimestamp();
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var (hash, entry) in _all)
            if (entry.ExpiresAt < now) _all.TryRemove(hash, out _);
    }

    private static UInt128 Hash(TokenSubject subject)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{(subject.IsUser ? 'u' : 't')}{subject.Value}"), hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    private sealed record NewSubjects(HashSet<string> Users, HashSet<string> Tokens)
    {
        public static NewSubjects None { get; } = new([], []);

        public static NewSubjects Of(IEnumerable<TokenSubject> subjects)
        {
            var made = new NewSubjects([], []);
            foreach (var subject in subjects) (subject.IsUser ? made.Users : made.Tokens).Add(subject.Value);
            return made;
        }
    }
}
