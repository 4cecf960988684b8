using System.Globalization;
using System.Text;
using static System.Net.Http.HttpMethod;

namespace NotifyHub.Console.Api;

/// <summary>The REST API, a method an endpoint. All throw <see cref="ApiException"/> when the answer is no success.</summary>
public sealed class ApiClient(ApiTransport api)
{
    private const string Service = "api/system/websocket";
    private const string Notifications = "api/notifications/windows";
    private const string Schedules = "api/schedules";
    private const string Users = "api/users";

    public Task<Login> LogInAsync(string email, string password) =>
        api.SendAsync(Post, "api/auth/login", ApiJson.Default.EnvelopeLogin, ApiJson.Default.LoginRequest, new LoginRequest(email, password));

    public Task<User> MeAsync(CancellationToken cancellation = default) => api.GetAsync("api/auth/me", ApiJson.Default.EnvelopeUser, cancellation);

    /// <summary>Changes the own password; answers the token that goes on being good.</summary>
    public async Task<string> ChangePasswordAsync(string current, string wanted) => (await api.SendAsync(
        Post, "api/auth/password", ApiJson.Default.EnvelopeNewToken, ApiJson.Default.PasswordChange, new PasswordChange(current, wanted))).Token;

    public Task<ServiceStatus> StatusAsync(CancellationToken cancellation = default) =>
        api.GetAsync($"{Service}/status", ApiJson.Default.EnvelopeServiceStatus, cancellation);

    /// <param name="command">start, stop or restart.</param>
    public Task<ControlResult> ControlAsync(string command) => api.SendAsync(Post, $"{Service}/{command}", ApiJson.Default.EnvelopeControlResult);

    public Task<SystemInfo> InfoAsync(CancellationToken cancellation = default) =>
        api.GetAsync("api/system/info", ApiJson.Default.EnvelopeSystemInfo, cancellation);

    public Task<GridOverview> OverviewAsync(CancellationToken cancellation = default) =>
        api.GetAsync("api/system/overview", ApiJson.Default.EnvelopeGridOverview, cancellation);

    public async Task<IReadOnlyList<Setting>> SettingsAsync(CancellationToken cancellation = default) =>
        (await api.GetAsync("api/system/settings", ApiJson.Default.EnvelopeSettingList, cancellation)).Settings;

    public async Task<Listing<Connection>> ConnectionsAsync(string? status, Paging paging, CancellationToken cancellation)
    {
        var page = await api.GetAsync(
            $"api/websocket/connections{Query(paging, ("status", status))}", ApiJson.Default.EnvelopeConnectionPage, cancellation);
        return new(page.Connections, page.Total);
    }

    public Task<ConnectionStats> ConnectionStatsAsync(CancellationToken cancellation = default) =>
        api.GetAsync("api/websocket/stats", ApiJson.Default.EnvelopeConnectionStats, cancellation);

    public Task CloseConnectionAsync(string connectionId) => api.SendAsync(
        Delete, $"api/websocket/connections/{Uri.EscapeDataString(connectionId)}", ApiJson.Default.EnvelopeIgnored);

    public Task<Notification> NotifyAsync(NotificationDraft draft) => api.SendAsync(
        Post, Notifications, ApiJson.Default.EnvelopeNotification, ApiJson.Default.NotificationDraft, draft,
        // A second press, or a retry of the browser's, publishes nothing twice.
        ("Idempotency-Key", Guid.NewGuid().ToString("N")));

    public async Task<Listing<Notification>> NotificationsAsync(NotificationFilter filter, Paging paging, CancellationToken cancellation)
    {
        var query = Query(paging, ("status", filter.Status), ("severity", filter.Severity), ("search", filter.Search));
        var page = await api.GetAsync(Notifications + query, ApiJson.Default.EnvelopeNotificationPage, cancellation);
        return new(page.Notifications, page.Total);
    }

    public Task<NotificationStats> NotificationStatsAsync(CancellationToken cancellation = default) =>
        api.GetAsync($"{Notifications}/stats", ApiJson.Default.EnvelopeNotificationStats, cancellation);

    public Task<Notification> SetNotificationStatusAsync(long id, string status) => api.SendAsync(
        Patch, $"{Notifications}/{Text(id)}/status", ApiJson.Default.EnvelopeNotification, ApiJson.Default.NewStatus, new NewStatus(status));

    public Task DeleteNotificationAsync(long id) => api.SendAsync(Delete, $"{Notifications}/{Text(id)}", ApiJson.Default.EnvelopeIgnored);

    public async Task<Listing<Schedule>> SchedulesAsync(ScheduleFilter filter, Paging paging, CancellationToken cancellation)
    {
        var page = await api.GetAsync(
            Schedules + Query(paging, ("status", filter.Status), ("search", filter.Search)), ApiJson.Default.EnvelopeSchedulePage, cancellation);
        return new(page.Schedules, page.Total);
    }

    public Task<Schedule> CreateScheduleAsync(ScheduleDraft draft) =>
        api.SendAsync(Post, Schedules, ApiJson.Default.EnvelopeSchedule, ApiJson.Default.ScheduleDraft, draft);

    public Task<Schedule> ChangeScheduleAsync(long id, ScheduleDraft draft) =>
        api.SendAsync(Put, $"{Schedules}/{Text(id)}", ApiJson.Default.EnvelopeSchedule, ApiJson.Default.ScheduleDraft, draft);

    public Task DeleteScheduleAsync(long id) => api.SendAsync(Delete, $"{Schedules}/{Text(id)}", ApiJson.Default.EnvelopeIgnored);

    public Task PauseScheduleAsync(long id) => api.SendAsync(Post, $"{Schedules}/{Text(id)}/pause", ApiJson.Default.EnvelopeIgnored);

    public Task ResumeScheduleAsync(long id) => api.SendAsync(Post, $"{Schedules}/{Text(id)}/resume", ApiJson.Default.EnvelopeIgnored);

    /// <summary>Sends it now; its next run stays where it was.</summary>
    public Task RunScheduleAsync(long id) => api.SendAsync(Post, $"{Schedules}/{Text(id)}/run", ApiJson.Default.EnvelopeIgnored);

    public async Task<Listing<ScheduleRun>> ScheduleRunsAsync(long id, Paging paging, CancellationToken cancellation)
    {
        var page = await api.GetAsync($"{Schedules}/{Text(id)}/runs{Query(paging)}", ApiJson.Default.EnvelopeScheduleRunPage, cancellation);
        return new(page.Runs, page.Total);
    }

    /// <summary>The next runs, at most five; none are left when it is empty.</summary>
    public async Task<IReadOnlyList<DateTimeOffset>> PreviewScheduleAsync(SchedulePreview preview, CancellationToken cancellation) => (await api.SendAsync(
        Post, $"{Schedules}/preview", ApiJson.Default.EnvelopeNextRuns, ApiJson.Default.SchedulePreview, preview, cancellation: cancellation)).Times;

    public async Task<Listing<ApiRequest>> RequestsAsync(ApiRequestFilter filter, Paging paging, CancellationToken cancellation)
    {
        var query = Query(
            paging, ("method", filter.Method), ("status", filter.Status), ("who", filter.Who), ("search", filter.Search),
            ("from", filter.From is { } from ? Formats.Rfc3339(from) : null));
        var page = await api.GetAsync($"api/usage/requests{query}", ApiJson.Default.EnvelopeApiRequestPage, cancellation);
        return new(page.Requests, page.Total);
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

    public Task<CreatedApiKey> CreateKeyAsync(string name, IReadOnlyList<string> scopes) =>
        api.SendAsync(Post, "api/keys", ApiJson.Default.EnvelopeCreatedApiKey, ApiJson.Default.NewApiKey, new NewApiKey(name, scopes));

    public Task RevokeKeyAsync(long id) => api.SendAsync(Delete, $"api/keys/{Text(id)}", ApiJson.Default.EnvelopeIgnored);

    public async Task<Listing<Account>> UsersAsync(string? search, Paging paging, CancellationToken cancellation)
    {
        var page = await api.GetAsync(Users + Query(paging, ("search", search)), ApiJson.Default.EnvelopeAccountPage, cancellation);
        return new(page.Users, page.Total);
    }

    public Task<Account> CreateUserAsync(NewAccount account) =>
        api.SendAsync(Post, Users, ApiJson.Default.EnvelopeAccount, ApiJson.Default.NewAccount, account);

    public Task<Account> ChangeUserAsync(long id, AccountChange change) =>
        api.SendAsync(Patch, $"{Users}/{Text(id)}", ApiJson.Default.EnvelopeAccount, ApiJson.Default.AccountChange, change);

    public Task ResetPasswordAsync(long id, string password) => api.SendAsync(
        Post, $"{Users}/{Text(id)}/password", ApiJson.Default.EnvelopeIgnored, ApiJson.Default.PasswordReset, new PasswordReset(password));

    private static string Query(Paging paging, params ReadOnlySpan<(string Name, string? Value)> filters)
    {
        var query = new StringBuilder($"?page={Text(paging.Page)}&limit={Text(paging.Limit)}");
        foreach (var (name, value) in filters)
            if (!string.IsNullOrWhiteSpace(value)) query.Append('&').Append(name).Append('=').Append(Uri.EscapeDataString(value.Trim()));
        return query.ToString();
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
