using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace NotifyHub.Gateway.Api;

/// <summary>Everything the API writes. Names are camelCase; where the contract has snake_case, the property says so.</summary>
[JsonSerializable(typeof(ErrorEnvelope))]
[JsonSerializable(typeof(Envelope<HealthView>))]
[JsonSerializable(typeof(Envelope<Login>))]
[JsonSerializable(typeof(Envelope<UserView>))]
[JsonSerializable(typeof(Envelope<AccountView>))]
[JsonSerializable(typeof(Envelope<AccountPage>))]
[JsonSerializable(typeof(Envelope<CreatedKeyView>))]
[JsonSerializable(typeof(Envelope<KeyList>))]
[JsonSerializable(typeof(Envelope<KeyRevoked>))]
[JsonSerializable(typeof(Envelope<StatusView>))]
[JsonSerializable(typeof(Envelope<OverviewView>))]
[JsonSerializable(typeof(Envelope<ControlView>))]
[JsonSerializable(typeof(Envelope<InfoView>))]
[JsonSerializable(typeof(Envelope<ConnectionPage>))]
[JsonSerializable(typeof(Envelope<ConnectionClosed>))]
[JsonSerializable(typeof(Envelope<ConnectionStats>))]
[JsonSerializable(typeof(Envelope<NotificationView>))]
[JsonSerializable(typeof(Envelope<NotificationList>))]
[JsonSerializable(typeof(Envelope<NotificationPageView>))]
[JsonSerializable(typeof(Envelope<NotificationStatsView>))]
[JsonSerializable(typeof(Envelope<NotificationDeleted>))]
[JsonSerializable(typeof(Envelope<Pushed>))]
// Bodies, for the API's description.
[JsonSerializable(typeof(LoginRequest))]
[JsonSerializable(typeof(NewPassword))]
[JsonSerializable(typeof(NewUser))]
[JsonSerializable(typeof(ChangedUser))]
[JsonSerializable(typeof(SetPassword))]
[JsonSerializable(typeof(NewKey))]
[JsonSerializable(typeof(NewNotification[]))]
[JsonSerializable(typeof(NewStatus))]
[JsonSerializable(typeof(JsonObject))]
internal sealed partial class ApiJson : JsonSerializerContext;
