using System.Reflection;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.UnitTests.Api;

/// <summary>All grains that the API calls, in memory. <see cref="Fault"/> makes every call fail.</summary>
public sealed class FakeGrid
    : IUserGrain, IAccountGrain, IScheduleGrain, IUsageGrain, IAuditGrain, ISettingsGrain, IApiKeyGrain, IBroadcastGrain,
        INotificationGrain, IStatsGrain, IServiceGrain, IClientTokenGrain, INamespaceGrain, IPublishKeyGrain
{
    public const string Email = "admin@notifyhub.com";
    public const string Password = "admin123";
    public const string ApiKeySecret = "nh_secret";
    public const string PublishKeySecret = "nh_publish";
    public const string ReadKeySecret = "nh_read";
    public const string TokensKeySecret = "nh_tokens";

    /// <summary>Limited to the channels <c>orders:*</c> and <c>news</c>.</summary>
    public const string LimitedKeySecret = "nh_limited";

    private static readonly TimeZoneInfo Zone = TimeZoneInfo.FindSystemTimeZoneById(ApiServer.Zone);
    private readonly Dictionary<string, (PublishResult Result, byte[]? RequestHash)> _keys = [];
    private readonly List<ApiRequestBatch> _recorded = [];
    private readonly List<DeliveryReport> _deliveries = [];

    public Exception? Fault { get; set; }

    private int _listsBegun;
    private string _namespaceVersion = "";

    /// <summary>Number of calls that fail before the fault ends.</summary>
    public int FaultsLeft { get; set; } = int.MaxValue;

    public TimeSpan? EmailLock { get; set; }

    public Dictionary<long, User> Users { get; } = new()
    {
        [7] = new User(7, Email, "管理員", Roles.Administrator, DateTimeOffset.UnixEpoch, HasDefaultPassword: true),
    };

    /// <summary>The role of the next login; users with other roles stay signed in.</summary>
    public string UserRole { get; set; } = Roles.Administrator;

    public List<Schedule> Schedules { get; } = [];

    public List<ScheduleRun> Runs { get; } = [];

    public ScheduleQuery? LastScheduleQuery { get; private set; }

    public IReadOnlyList<ApiRequestBatch> Recorded
    {
        get
        {
            lock (_recorded) return [.. _recorded];
        }
    }

    public Exception? PublishFault { get; set; }

    public Exception? RecordFault { get; set; }

    public IReadOnlyList<DeliveryReport> Deliveries
    {
        get
        {
            lock (_deliveries) return [.. _deliveries];
        }
    }

    public Exception? DeliveryFault { get; set; }

    public Action OnDeliveries { get; set; } = () => { };

    public ApiRequestQuery? LastRequestQuery { get; private set; }

    public UserQuery? LastUserQuery { get; private set; }

    public int VersionsAsked { get; private set; }

    public List<Message> Log { get; } = [];

    public List<PublishBatch> Published { get; } = [];

    public Dictionary<long, Notification> Notifications { get; } = [];

    public List<ApiKey> Keys { get; } = [];

    public List<Session> Sessions { get; } = [];

    public SessionQuery? LastSessionQuery { get; private set; }

    public NotificationQuery? LastNotificationQuery { get; private set; }

    public GridStatus Status { get; set; } = new(5, 100, new DateTimeOffset(2026, 1, 22, 7, 28, 15, TimeSpan.Zero), [], null);

    public SessionStats Stats { get; set; } = new(0, 0, 0, 0, 0, [], 0, 0, []);

    public ServiceState Service { get; set; } = new(true, 0);

    public Action<ServiceState> Observer { get; set; } = _ => { };

    /// <summary>A factory that returns this object for every grain.</summary>
    public IGrainFactory Factory()
    {
        var factory = DispatchProxy.Create<IGrainFactory, FactoryProxy>();
        ((FactoryProxy)(object)factory).Grid = this;
        return factory;
    }

    /// <summary>The address of the last sign-in.</summary>
    public ClientAddress? LastSignInFrom { get; private set; }

    public Task<SignIn> SignInAsync(string email, string password, ClientAddress from) => Answer(() =>
    {
        LastSignInFrom = from;
        if (EmailLock is { } wait) return new SignIn(null, wait);
        if (email != Email || password != Password) return new SignIn(null, null);
        var user = Users[7] with { Role = UserRole };
        return user.HasDefaultPassword && !from.IsThisMachine
            ? new SignIn(null, null, IsDefaultPassword: true)
            : new SignIn(user, null);
    });

    public Task<SignIn> ChangePasswordAsync(string email, string current, string next, ClientAddress from) => Answer(() =>
        new SignIn(current == Password ? SetPassword(7) : null, null));

    public Task<long?> TokenVersionAsync(long id) => Answer(() =>
    {
        VersionsAsked++;
        return Users.GetValueOrDefault(id) is { DisabledAt: null } user ? user.TokenVersion : (long?)null;
    });

    public Task<UserPage> ListAsync(UserQuery query) => Answer(() =>
    {
        LastUserQuery = query;
        return new UserPage([.. Users.Values], Users.Count);
    });

    Task<User?> IAccountGrain.GetAsync(long id) => Answer(() => Users.GetValueOrDefault(id));

    public Action OnCreateUser { get; set; } = () => { };

    public Task<User?> CreateAsync(string email, string name, string role, string password) => Answer(() =>
    {
        OnCreateUser();
        email = GrainKeys.NormaliseEmail(email);
        if (Users.Values.Any(user => user.Email == email)) return null;
        var made = new User(Users.Keys.Max() + 1, email, name, role, new DateTimeOffset(2026, 11, 23, 9, 41, 0, TimeSpan.Zero));
        return Users[made.Id] = made;
    });

    public Task<UserChange> ChangeAsync(long id, string? name, string? role, bool? disabled) => Answer(() =>
    {
        if (!Users.TryGetValue(id, out var user)) return new UserChange(null, false);
        if (id == 7 && (disabled is true || role is not null and not Roles.Administrator)) return new UserChange(user, true);
        return new UserChange(Users[id] = user with
        {
            Name = name ?? user.Name,
            Role = role ?? user.Role,
            DisabledAt = disabled is true ? DateTimeOffset.UnixEpoch : null,
        }, false);
    });

    public Task<User?> SetPasswordAsync(long id, string password) => Answer(() => SetPassword(id));

    public Task<bool> HasDefaultPasswordAsync() => Answer(() => Users.Values.Any(user => user.HasDefaultPassword));

    public Task<SchedulePage> ListAsync(ScheduleQuery query) => Answer(() =>
    {
        LastScheduleQuery = query;
        return new SchedulePage([.. Schedules], Schedules.Count);
    });

    Task<Schedule?> IScheduleGrain.GetAsync(long id) => Answer(() => Schedules.Find(schedule => schedule.Id == id));

    public Task<Schedule> CreateAsync(ScheduleDraft draft, string createdBy) => Answer(() =>
    {
        Schedules.Add(new Schedule(
            Schedules.Count + 1, draft, ScheduleStatus.Active, draft.At, null, null, createdBy,
            DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch));
        return Schedules[^1];
    });

    public Task<Schedule?> ReplaceAsync(long id, ScheduleDraft draft) => Change(id, old => old with { Draft = draft });

    Task<bool> IScheduleGrain.DeleteAsync(long id) => Answer(() => Schedules.RemoveAll(schedule => schedule.Id == id) == 1);

    public Task<Schedule?> PauseAsync(long id) => Change(id, old => old with { Status = ScheduleStatus.Paused });

    public Task<Schedule?> ResumeAsync(long id) => Change(id, old => old with { Status = ScheduleStatus.Finished });

    public Task<ScheduleRun?> RunAsync(long id) => Answer(() => Runs.Find(run => run.ScheduleId == id));

    public Task<ScheduleRunPage?> RunsAsync(long id, int page, int limit) => Answer(() =>
        Schedules.Exists(schedule => schedule.Id == id) ? new ScheduleRunPage([.. Runs], Runs.Count) : null);

    public Task RecordAsync(ApiRequestBatch batch)
    {
        lock (_recorded)
        {
            _recorded.Add(batch);
            return RecordFault is { } fault ? Task.FromException(fault) : Task.CompletedTask;
        }
    }

    /// <summary>Lists of requests wait for this task.</summary>
    public Task ListGate { get; set; } = Task.CompletedTask;

    public int ListsBegun => Volatile.Read(ref _listsBegun);

    public async Task<ApiRequestPage> RequestsAsync(ApiRequestQuery query)
    {
        Interlocked.Increment(ref _listsBegun);
        await ListGate;
        return await FindRequestsAsync(query);
    }

    private Task<ApiRequestPage> FindRequestsAsync(ApiRequestQuery query) => Answer(() =>
    {
        LastRequestQuery = query;
        return new ApiRequestPage([new StoredRequest(9, new ApiRequest(
            DateTimeOffset.UnixEpoch, "billing", "GET", "/api/keys", "/api/keys", 403,
            TimeSpan.FromMicroseconds(1234), "127.0.0.1", "curl"))], 1);
    });

    public Task<AnonymousPage> AnonymousAsync(int page, int limit) => Answer(() => new AnonymousPage(
        [new AnonymousRequests(
            DateTimeOffset.UnixEpoch, "192.0.2.7", "GET", "/api/keys", 401, 1000,
            TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(9))],
        (page * 100) + limit));

    public Task<UsageSummary> SummaryAsync(int days) => Answer(() => new UsageSummary(
        [new UsageDay("2026-01-22", days, 1, TimeSpan.FromMilliseconds(2))],
        [new UsageEndpoint("GET", "/api/keys", 3, 1, TimeSpan.FromMicroseconds(1500), TimeSpan.FromSeconds(1))]));

    Task<Setting[]> ISettingsGrain.ListAsync() => Answer(() => new[]
    {
        new Setting(
            "Storage", "Host=db;Password=••••••", "Data Source=data/notifyhub.db", SettingSource.Environment,
            "Connection string."),
    });

    public List<AuditEntry> Audited { get; } = [];

    public Exception? AuditFault { get; set; }

    public AuditQuery? LastAuditQuery { get; private set; }

    /// <summary>Thrown when the outcome of an action is written to the audit.</summary>
    public Exception? AuditEndFault { get; set; }

    public Task<long> BeginAsync(AuditEntry entry) => Answer(() =>
    {
        if (AuditFault is not null) throw AuditFault;
        Audited.Add(entry);
        return (long)Audited.Count;
    });

    public Task EndAsync(long id, string outcome, string target) => Answer(() =>
    {
        if (AuditEndFault is not null) throw AuditEndFault;
        Audited[(int)id - 1] = Audited[(int)id - 1] with { Outcome = outcome, Target = target };
        return true;
    });

    public Task<AuditPage> ListAsync(AuditQuery query) => Answer(() =>
    {
        LastAuditQuery = query;
        return new AuditPage(
            [.. Audited.Select((entry, index) => new StoredAuditEntry(index + 1, entry with { At = DateTimeOffset.UnixEpoch }))],
            Audited.Count);
    });

    public Task WakeAsync() => throw new NotSupportedException();

    public Task<NewApiKey> CreateAsync(string name, string createdBy, string[]? scopes, string[]? channels) => Answer(() =>
    {
        Keys.Add(new ApiKey(Keys.Count + 1, name, "nh_sec", createdBy, DateTimeOffset.UnixEpoch, null, null, scopes, channels));
        return new NewApiKey(Keys[^1], ApiKeySecret);
    });

    Task<ApiKey[]> IApiKeyGrain.ListAsync() => Answer(() => Keys.ToArray());

    public HashSet<long> RevokedKeys { get; } = [];

    public int KeysAsked { get; private set; }

    /// <summary>Key look-ups return when this task completes.</summary>
    public Task KeysHeld { get; set; } = Task.CompletedTask;

    public Task<bool> RevokeAsync(long id) => Answer(() => RevokedKeys.Add(id) & Keys.RemoveAll(key => key.Id == id) == 1);

    public async Task<ApiKey?> AuthenticateAsync(string secret)
    {
        var found = await Answer(() =>
        {
            KeysAsked++;
            return secret switch
            {
                // A silo from before scopes existed sends none.
                ApiKeySecret => new ApiKey(3, "billing", "nh_sec", Email, DateTimeOffset.UnixEpoch, null, null),
                PublishKeySecret =>
                    new ApiKey(4, "shop", "nh_pub", Email, DateTimeOffset.UnixEpoch, null, null, [KeyScopes.Publish]),
                ReadKeySecret => new ApiKey(5, "board", "nh_rea", Email, DateTimeOffset.UnixEpoch, null, null, [KeyScopes.Read]),
                TokensKeySecret =>
                    new ApiKey(6, "app", "nh_tok", Email, DateTimeOffset.UnixEpoch, null, null, [KeyScopes.Tokens]),
                LimitedKeySecret => new ApiKey(
                    7, "till", "nh_lim", Email, DateTimeOffset.UnixEpoch, null, null, [.. KeyScopes.All], ["orders:*", "news"]),
                _ => null,
            } is { } key && !RevokedKeys.Contains(key.Id) ? key : null;
        });
        await KeysHeld;
        return found;
    }

    public byte[] TokenKey { get; set; } = [.. Enumerable.Repeat((byte)7, 32)];

    public int TokenKeysAsked { get; private set; }

    public List<TokenRevocation> TokenRevocations { get; } = [];

    public int RevocationsAsked { get; private set; }

    public int RevocationsPerPage { get; set; } = RevocationPage.MaxRows;

    /// <summary>The silo's time when it revokes.</summary>
    public DateTimeOffset RevokesAt { get; set; } = DateTimeOffset.UnixEpoch;

    public void Revoke(TokenSubject subject) =>
        TokenRevocations.Add(new TokenRevocation(subject, RevokesAt, DateTimeOffset.MaxValue));

    public Task<byte[]> KeyAsync() => Answer(() =>
    {
        TokenKeysAsked++;
        return TokenKey;
    });

    public Task<bool> RevokeAsync(TokenSubject subject, DateTimeOffset expiresAt) => Answer(() =>
    {
        TokenRevocations.Add(new TokenRevocation(subject, RevokesAt, expiresAt));
        return true;
    });

    public Task<RevocationPage> RevocationsAsync(long after) => Answer(() =>
    {
        RevocationsAsked++;
        TokenRevocation[] next = [.. TokenRevocations.Skip((int)after).Take(RevocationsPerPage)];
        var version = Math.Min(after, TokenRevocations.Count) + next.Length;
        return new RevocationPage(version, next, version == TokenRevocations.Count);
    });

    public Task<PublishResult> PublishAsync(PublishBatch batch) => Answer(() =>
    {
        if (PublishFault is { } fault) throw fault;
        if (batch.IdempotencyKey is { } used && _keys.TryGetValue(used, out var first))
        {
            if (!first.RequestHash.AsSpan().SequenceEqual(batch.RequestHash)) throw new IdempotencyConflictException();
            return first.Result with { Repeated = true };
        }

        Published.Add(batch);
        var result = new PublishResult(Log.Count + 1, batch.Drafts.Length, false);
        foreach (var draft in batch.Drafts)
        {
            var offset = Log.Count + 1;
            if (draft.Fields is not { } wanted)
            {
                Log.Add(new Message(offset, draft.Payload!, false));
                continue;
            }

            var notification = Notification.AsPublished(GrainKeys.PublicChannel, offset, wanted);
            Notifications[offset] = notification;
            Log.Add(new Message(offset, NotificationJson.Payload(notification, Zone), true));
        }

        if (batch.IdempotencyKey is { } key) _keys[key] = (result, batch.RequestHash);
        return result;
    });

    /// <summary>The logs of channels, by the key of their grains.</summary>
    public Dictionary<string, FakeLog> Logs { get; } = [];

    private readonly Dictionary<string, byte[]> _claims = [];

    public Task ClaimAsync(string key, byte[] requestHash) => Answer(() =>
    {
        if (!_claims.TryAdd(key, requestHash) && !_claims[key].AsSpan().SequenceEqual(requestHash))
            throw new IdempotencyConflictException();
        return true;
    });

    /// <summary>What is set in the namespaces.</summary>
    public Dictionary<string, NamespaceSettings> Namespaces { get; } = [];

    public Task<NamespaceSnapshot?> ReadAsync(string? known) => Answer(() =>
        _namespaceVersion == known ? null : new NamespaceSnapshot(_namespaceVersion, new(Namespaces)));

    public Task<bool> SetAsync(string name, NamespaceSettings settings) => Answer(() =>
    {
        if (Namespaces.Count >= NamespaceSnapshot.MaxNamespaces && !Namespaces.ContainsKey(name)) return false;
        Namespaces[name] = settings;
        _namespaceVersion = Guid.NewGuid().ToString("N");
        return true;
    });

    public Task<bool> DeleteAsync(string name) => Answer(() =>
    {
        _namespaceVersion = Guid.NewGuid().ToString("N");
        return Namespaces.Remove(name);
    });

    public Task<MessageBatch> ReadAsync(long after, int maxMessages) => Answer(() =>
        new MessageBatch(
            "epoch", 1, Log.Count, [.. Log.Where(message => message.Offset > after).Take(Math.Min(maxMessages, 2))]));

    public Task<NotificationPage> ListAsync(NotificationQuery query) => Answer(() =>
    {
        LastNotificationQuery = query;
        return new NotificationPage([.. Notifications.Values.OrderByDescending(one => one.Id)], Notifications.Count);
    });

    public Task<Notification?> GetAsync(long id) => Answer(() => Notifications.GetValueOrDefault(id));

    Task<NotificationStats> INotificationGrain.StatsAsync() => Answer(() =>
        new NotificationStats(3, new() { ["pending"] = 3 }, new() { ["info"] = 3 }, 1));

    public Task<Notification?> SetStatusAsync(long id, string status) => Answer(() =>
        Notifications.TryGetValue(id, out var old) ? Notifications[id] = old with { Status = status } : null);

    public Task<bool> DeleteAsync(long id) => Answer(() => Notifications.Remove(id));

    public Task RecordDeliveriesAsync(DeliveryReport report)
    {
        OnDeliveries();
        lock (_deliveries)
        {
            _deliveries.Add(report);
            return DeliveryFault is { } fault ? Task.FromException(fault) : Task.CompletedTask;
        }
    }

    public Task<GridStatus> StatusAsync() => Answer(() => Status);

    public TrafficPoint[] Points { get; set; } = [];

    public Task<GridOverview> OverviewAsync() => Answer(() => new GridOverview(Status, 4, Points));

    public Task<string[]> SilosAsync() => Answer(() => Array.Empty<string>());

    Task IStatsGrain.RefreshAsync() => Task.CompletedTask;

    Task<SessionStats> IStatsGrain.StatsAsync() => Answer(() => Stats);

    public Task<SessionPage> ConnectionsAsync(SessionQuery query) => Answer(() =>
    {
        LastSessionQuery = query;
        return new SessionPage([.. Sessions], Sessions.Count);
    });

    public Task<bool> CloseConnectionAsync(string connectionId) => Answer(() =>
        Sessions.Exists(session => session.Opened.ConnectionId == connectionId));

    Task<ServiceState> IServiceGrain.GetAsync() => Answer(() => Service);

    public Task<ServiceChange> SetAsync(ServiceCommand command) => Answer(() =>
    {
        var wanted = command switch
        {
            ServiceCommand.Start => Service with { Running = true },
            ServiceCommand.Stop => Service with { Running = false },
            _ => new ServiceState(true, Service.Restarts + 1),
        };
        var changed = wanted != Service;
        Service = wanted;
        Observer(wanted);
        return new ServiceChange(wanted, changed, []);
    });

    public Task ReportAsync(NodeReport report) => throw new NotSupportedException();

    public Task RemoveAsync(string nodeId) => throw new NotSupportedException();

    Task<ChannelHead> IBroadcastGrain.SubscribeAsync(string gatewayId, IGatewayObserver observer, LogPosition? known) =>
        throw new NotSupportedException();

    Task<ServiceState> IServiceGrain.SubscribeAsync(string gatewayId, IGatewayObserver observer) =>
        throw new NotSupportedException();

    Task<ChannelMessages> IBroadcastGrain.ReadChannelsAsync(ChannelRange[] ranges, int maxMessages) =>
        throw new NotSupportedException();

    Task<ChannelPage> IBroadcastGrain.ReadHistoryAsync(string channel, long? before, int limit, int? historyLimit) =>
        throw new NotSupportedException();

    Task<bool> IBroadcastGrain.RetractAsync(string channel, long offset) => throw new NotSupportedException();

    Task IBroadcastGrain.UnsubscribeAsync(string gatewayId) => throw new NotSupportedException();

    Task IServiceGrain.UnsubscribeAsync(string gatewayId) => throw new NotSupportedException();

    private Task<Schedule?> Change(long id, Func<Schedule, Schedule> change) => Answer(() =>
        Schedules.FindIndex(schedule => schedule.Id == id) is >= 0 and var at ? Schedules[at] = change(Schedules[at]) : null);

    private User? SetPassword(long id) => Users.TryGetValue(id, out var user)
        ? Users[id] = user with { TokenVersion = user.TokenVersion + 1, HasDefaultPassword = false }
        : null;

    private Task<T> Answer<T>(Func<T> answer)
    {
        lock (_keys) return Fault is { } fault && FaultsLeft-- > 0 ? Task.FromException<T>(fault) : Task.FromResult(answer());
    }

    private FakeLog LogOf(string key)
    {
        lock (_keys)
        {
            if (!Logs.TryGetValue(key, out var log)) Logs.Add(key, log = new FakeLog());
            return log;
        }
    }

    // A proxy, because only one of the factory's many methods is used.
    public class FactoryProxy : DispatchProxy
    {
        public FakeGrid Grid { get; set; } = null!;

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod!.Name == "GetGrain"
            ? args is [string key, ..] && key.StartsWith(GrainKeys.Log("p"), StringComparison.Ordinal) ? Grid.LogOf(key) : Grid
            : throw new NotSupportedException(targetMethod.Name);
    }
}
