using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using NotifyHub.Gateway.Access;
using NotifyHub.Gateway.Settings;
using NotifyHub.GrainInterfaces;
using NotifyHub.Hosting.Settings;

namespace NotifyHub.Gateway.Api;

/// <summary><c>/api/system/settings</c>: the settings in effect here and in a silo, with their sources; no secrets.</summary>
internal static class SettingsEndpoints
{
    // Their names have a word of secrets in them.
    private static readonly Dictionary<string, Func<string, string>> NoSecrets = new()
    {
        [nameof(GatewayOptions.ClientTokenKeys)] = file => file,
        [nameof(GatewayOptions.ClientTokenIssuer)] = issuer => issuer,
        [nameof(GatewayOptions.ClientTokenAudience)] = audience => audience,
    };

    public static void MapSettings(this IEndpointRouteBuilder app) =>
        app.MapGet("/api/system/settings", ListAsync).RequireAuthorization(Permissions.ReadSettings).WithTags("system")
            .Summary("Read the settings of the answering gateway and of a silo, with their sources; secrets are masked.");

    private static async Task<Ok<Envelope<SettingsView>>> ListAsync(
        HttpRequest request, IOptions<GatewayOptions> options, IConfiguration configuration, IGrainFactory grains)
    {
        var gateway = SettingsList.Of(options.Value, new GatewayOptions(), configuration, "Gateway", NoSecrets);
        var silo = await grains.GetGrain<ISettingsGrain>(GrainKeys.Only).ListAsync();
        return Reply.Ok(new SettingsView([.. Views(gateway, "Gateway", request), .. Views(silo, "Silo", request)]));
    }

    private static IEnumerable<SettingView> Views(IEnumerable<Setting> settings, string section, HttpRequest request)
    {
        var meanings = Text.IsEnglish(request) ? [] : SettingsList.Meanings(SettingsPage.Chinese, section);
        // A silo may be of another version than this gateway, and have settings that this one knows nothing of.
        return settings.Select(setting => new SettingView(
            setting.Name, setting.Value, setting.Default, setting.Source, section.ToLowerInvariant(),
            meanings.GetValueOrDefault(setting.Name, setting.Description)));
    }
}
