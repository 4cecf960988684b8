using System.Text.Json.Serialization;

namespace NotifyHub.Console.Api;

/// <summary>What every successful answer is wrapped in.</summary>
public sealed record Envelope<T>(T? Data);

public sealed record ErrorEnvelope(ErrorBody? Error);

public sealed record ErrorBody(string? Code, string? Message, Dictionary<string, string>? Details);

/// <summary>What nobody needs to look at.</summary>
public sealed record Ignored;

/// <summary>Names are snake_case; where the API has camelCase, the property says so.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ErrorEnvelope))]
[JsonSerializable(typeof(Envelope<Ignored>))]
[JsonSerializable(typeof(Envelope<Login>))]
[JsonSerializable(typeof(Envelope<User>))]
[JsonSerializable(typeof(Envelope<NewToken>))]
[JsonSerializable(typeof(Envelope<ServiceStatus>))]
[JsonSerializable(typeof(Envelope<ControlResult>))]
[JsonSerializable(typeof(Envelope<SystemInfo>))]
[JsonSerializable(typeof(Envelope<GridOverview>))]
[JsonSerializable(typeof(Envelope<SettingList>))]
[JsonSerializable(typeof(Envelope<ConnectionPage>))]
[JsonSerializable(typeof(Envelope<ConnectionStats>))]
[JsonSerializable(typeof(Envelope<Notification>))]
[JsonSerializable(typeof(Envelope<NotificationPage>))]
[JsonSerializable(typeof(Envelope<NotificationStats>))]
[JsonSerializable(typeof(Envelope<Schedule>))]
[JsonSerializable(typeof(Envelope<SchedulePage>))]
[JsonSerializable(typeof(Envelope<ScheduleRun>))]
[JsonSerializable(typeof(Envelope<ScheduleRunPage>))]
[JsonSerializable(typeof(Envelope<NextRuns>))]
[JsonSerializable(typeof(Envelope<ApiRequestPage>))]
[JsonSerializable(typeof(Envelope<UsageSummary>))]
[JsonSerializable(typeof(Envelope<AnonymousPage>))]
[JsonSerializable(typeof(Envelope<ApiKeyList>))]
[JsonSerializable(typeof(Envelope<CreatedApiKey>))]
[JsonSerializable(typeof(Envelope<Account>))]
[JsonSerializable(typeof(Envelope<AccountPage>))]
[JsonSerializable(typeof(LoginRequest))]
[JsonSerializable(typeof(PasswordChange))]
[JsonSerializable(typeof(NotificationDraft))]
[JsonSerializable(typeof(NewStatus))]
[JsonSerializable(typeof(ScheduleDraft))]
[JsonSerializable(typeof(SchedulePreview))]
[JsonSerializable(typeof(NewApiKey))]
[JsonSerializable(typeof(NewAccount))]
[JsonSerializable(typeof(AccountChange))]
[JsonSerializable(typeof(PasswordReset))]
internal sealed partial class ApiJson : JsonSerializerContext;
