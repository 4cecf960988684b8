using System.Text.Json.Serialization;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Grains.Schedules;

[JsonSerializable(typeof(NotificationDraft))]
internal sealed partial class ScheduleJson : JsonSerializerContext;
