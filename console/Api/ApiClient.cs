using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using static System.Net.Http.HttpMethod;

namespace NotifyHub.Console.Api;

/// <summary>
/// The REST API, one method per endpoint. Every method throws <see cref="ApiException"/> unless the answer is a success.
/// </summary>
public sealed class ApiClient(ApiTransport api)
{
    private const string Service = "api/system/websocket";
    private const string Notifications = "api/notifications/windows";
    private const string Schedules = "api/schedules";
    private const string Users = "api/users";
    private const string Namespaces = "api/namespaces";

    public Task<Login> LogInAsync(string email, string password) => api.SendAsync(
        Post, "api/auth/login", ApiJson.Default.EnvelopeLogin, ApiJson.Default.LoginRequest, new LoginRequest(email, password));

    public Task<User> MeAsync(CancellationToken cancellation = default) =>
        api.GetAsync("api/auth/me", ApiJson.Default.EnvelopeUser, cancellation);

    /// <summary>Changes the password of the user who is logged in.</summary>
    /// <returns>The new token. All others of this user are no longer valid.</returns>
    public async Task<string> ChangePasswordAsync(string current, string replacement)
    {
        var change = new PasswordChange(current, replacement);
        var answer = await api.SendAsync(
            Post, "api/auth/password", ApiJson.Default.EnvelopeNewToken, ApiJson.Default.PasswordChange, change);
        return answer.Token;
    }

    public Task<ServiceStatus> StatusAsync(CancellationToken cancellation = default) =>
        api.GetAsync($"{Service}/status", ApiJson.Default.EnvelopeServiceStatus, cancellation);

    /// <param name="command">start, stop or restart.</param>
    public Task<ControlResult> ControlAsync(string command) =>
        api.SendAsync(Post, $"{Service}/{command}", ApiJson.Default.EnvelopeControlResult);

    public Task<SystemInfo> InfoAsync(CancellationToken cancellation = default) =>
        api.GetAsync("api/system/info", ApiJson.Default.EnvelopeSystemInfo, cancellation);

    public Task<GridOverview> OverviewAsync(CancellationToken cancellation = default) =>
        api.GetAsync("api/system/overview", ApiJson.Default.EnvelopeGridOverview, cancellation);

    public async Task<IReadOnlyList<Setting>> SettingsAsync(CancellationToken cancellation = default) =>
        (await api.GetAsync("api/system/settings", ApiJson.Default.EnvelopeSettingList, cancellation)).Settings;

    public async Task<Listing<Connection>> ConnectionsAsync(string? status, Paging paging, CancellationToken cancellation)
    {
        var query = Query(paging, ("status", status));
        var page = await api.GetAsync($"api/websocket/connections{query}", ApiJson.Default.EnvelopeConnectionPage, cancellation);
        return new(page.Connections, page.Total);
    }

    public Task<ConnectionStats> ConnectionStatsAsync(CancellationToken cancellation = default) =>
        api.GetAsync("api/websocket/stats", ApiJson.Default.EnvelopeConnectionStats, cancellation);

    public Task CloseConnectionAsync(string connectionId) =>
        DeleteAsync($"api/websocket/connections/{Uri.EscapeDataString(connectionId)}");

    public Task<Notification> NotifyAsync(NotificationDraft draft) => api.SendAsync(
        Post, Notifications, ApiJson.Default.EnvelopeNotification, ApiJson.Default.NotificationDraft, draft,
        // The browser may retry a request on its own; the key prevents a second notification.
        ("Idempotency-Key", Guid.NewGuid().ToString("N")));

    public async Task<Listing<Notification>> NotificationsAsync(
        NotificationFilter filter, Paging paging, CancellationToken cancellation)
    {
        var query = Query(paging, ("status", filter.Status), ("severity", filter.Severity), ("search", filter.Search));
        var page = await api.GetAsync(Notifications + query, ApiJson.Default.EnvelopeNotificationPage, cancellation);
        return new(page.Notifications, page.Total, page.Truncated);
    }

    public Task<NotificationStats> NotificationStatsAsync(CancellationToken cancellation = default) =>
        api.GetAsync($"{Notifications}/stats", ApiJson.Default.EnvelopeNotificationStats, cancellation);

    public Task<Notification> SetNotificationStatusAsync(long id, string status) => api.SendAsync(
        Patch, $"{Notifications}/{Text(id)}/status", ApiJson.Default.EnvelopeNotification, ApiJson.Default.NewStatus,
        new NewStatus(status));

    public Task DeleteNotificationAsync(long id) => DeleteAsync($"{Notifications}/{Text(id)}");

    public async Task<Listing<Schedule>> SchedulesAsync(ScheduleFilter filter, Paging paging, CancellationToken cancellation)
    {
        var query = Query(paging, ("status", filter.Status), ("search", filter.Search));
        var page = await api.GetAsync(Schedules + query, ApiJson.Default.EnvelopeSchedulePage, cancellation);
        return new(page.Schedules, page.Total);
    }

    public Task<Schedule> CreateScheduleAsync(ScheduleDraft draft) =>
        api.SendAsync(Post, Schedules, ApiJson.Default.EnvelopeSchedule, ApiJson.Default.ScheduleDraft, draft);

    public Task<Schedule> ChangeScheduleAsync(long id, ScheduleDraft draft) =>
        api.SendAsync(Put, $"{Schedules}/{Text(id)}", ApiJson.Default.EnvelopeSchedule, ApiJson.Default.ScheduleDraft, draft);

    public Task DeleteScheduleAsync(long id) => DeleteAsync($"{Schedules}/{Text(id)}");

    public Task PauseScheduleAsync(long id) => PostAsync($"{Schedules}/{Text(id)}/pause");

    public Task ResumeScheduleAsync(long id) => PostAsync($"{Schedules}/{Text(id)}/resume");

    /// <summary>Sends the notification now. The next run is unchanged.</summary>
    public Task RunScheduleAsync(long id) => PostAsync($"{Schedules}/{Text(id)}/run");

    public async Task<Listing<ScheduleRun>> ScheduleRunsAsync(long id, Paging paging, CancellationToken cancellation)
    {
        var path = $"{Schedules}/{Text(id)}/runs{Query(paging)}";
        var page = await api.GetAsync(path, ApiJson.Default.EnvelopeScheduleRunPage, cancellation);
        return new(page.Runs, page.Total);
    }

    /// <summary>The next runs, at most five; empty when there are none.</summary>
    public async Task<IReadOnlyList<DateTimeOffset>> PreviewScheduleAsync(SchedulePreview preview, CancellationToken cancellation)
    {
        var runs = await api.SendAsync(
            Post, $"{Schedules}/preview", ApiJson.Default.EnvelopeNextRuns, ApiJson.Default.SchedulePreview, preview,
            cancellation: cancellation);
        return runs.Times;
    }

    public async Task<Listing<ApiRequest>> RequestsAsync(ApiRequestFilter filter, Paging paging, CancellationToken cancellation)
    {
        var query = Query(
            paging, ("method", filter.Method), ("status", filter.Status), ("who", filter.Who), ("search", filter.Search),
            ("from", filter.From is { } from ? Text(from) : null));
        var page = await api.GetAsync($"api/usage/requests{query}", ApiJson.Default.EnvelopeApiRequestPage, cancellation);
        return new(page.Requests, page.Total, page.Truncated);
    }

    public async Task<Listing<AnonymousSum>> AnonymousAsync(Paging paging, CancellationToken cancellation)
    {
        var page = await api.GetAsync($"api/usage/anonymous{Query(paging)}", ApiJson.Default.EnvelopeAnonymousPage, cancellation);
        return new(page.Sums, page.Total);
    }

    public Task<UsageSummary> UsageSummaryAsync(int days, CancellationToken cancellation = default) =>
        api.GetAsync($"api/usage/summary?days={Text(days)}", ApiJson.Default.EnvelopeUsageSummary, cancellation);

    public async Task<IReadOnlyList<ApiKey>> KeysAsync(CancellationToken cancellation = default) =>
        (await api.GetAsync("api/keys", ApiJson.Default.EnvelopeApiKeyList, cancellation)).Keys;

    /// <param name="channels">What the key is limited to; null: it is not limited.</param>
    public Task<CreatedApiKey> CreateKeyAsync(
        string name, IReadOnlyList<string> scopes, IReadOnlyList<string>? channels = null) => api.SendAsync(
        Post, "api/keys", ApiJson.Default.EnvelopeCreatedApiKey, ApiJson.Default.NewApiKey,
        new NewApiKey(name, scopes, channels));

    public Task RevokeKeyAsync(long id) => DeleteAsync($"api/keys/{Text(id)}");

    public async Task<Listing<Account>> UsersAsync(string? search, Paging paging, CancellationToken cancellation)
    {
        var query = Query(paging, ("search", search));
        var page = await api.GetAsync(Users + query, ApiJson.Default.EnvelopeAccountPage, cancellation);
        return new(page.Users, page.Total);
    }

    public Task<Account> CreateUserAsync(NewAccount account) =>
        api.SendAsync(Post, Users, ApiJson.Default.EnvelopeAccount, ApiJson.Default.NewAccount, account);

    public Task<Account> ChangeUserAsync(long id, AccountChange change) =>
        api.SendAsync(Patch, $"{Users}/{Text(id)}", ApiJson.Default.EnvelopeAccount, ApiJson.Default.AccountChange, change);

    public Task ResetPasswordAsync(long id, string password) => api.SendAsync(
        Post, $"{Users}/{Text(id)}/password", ApiJson.Default.EnvelopeIgnored, ApiJson.Default.PasswordReset,
        new PasswordReset(password));

    public async Task<Listing<ChannelNamespace>> NamespacesAsync(Paging paging, CancellationToken cancellation)
    {
        var page = await api.GetAsync(Namespaces + Query(paging), ApiJson.Default.EnvelopeNamespacePage, cancellation);
        return new(page.Namespaces, page.Total);
    }

    /// <param name="options">Those that are set; all others are taken from the namespace <c>default</c>.</param>
    public Task<ChannelNamespace> SetNamespaceAsync(string name, JsonObject options) => api.SendAsync(
        Put, $"{Namespaces}/{Uri.EscapeDataString(name)}", ApiJson.Default.EnvelopeChannelNamespace, ApiJson.Default.JsonObject,
        options);

    public Task DeleteNamespaceAsync(string name) => DeleteAsync($"{Namespaces}/{Uri.EscapeDataString(name)}");

    private Task<Ignored> PostAsync(string path) => api.SendAsync(Post, path, ApiJson.Default.EnvelopeIgnored);

    private Task<Ignored> DeleteAsync(string path) => api.SendAsync(Delete, path, ApiJson.Default.EnvelopeIgnored);

    private static string Query(Paging paging, params ReadOnlySpan<(string Name, string? Value)> filters)
    {
        var query = new StringBuilder($"?page={Text(paging.Page)}&limit={Text(paging.Limit)}");
        foreach (var (name, value) in filters)
        {
            if (string.IsNullOrWhiteSpace(value)) continue;
            query.Append('&').Append(name).Append('=').Append(Uri.EscapeDataString(value.Trim()));
        }

        return query.ToString();
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Text(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
