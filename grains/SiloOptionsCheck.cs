using System.ComponentModel.DataAnnotations;
using System.Net;
using Microsoft.Extensions.Options;
using NotifyHub.Grains.Settings;
using NotifyHub.Hosting;

namespace NotifyHub.Grains;

/// <summary>Finds all faults of the settings at once, each named by its setting.</summary>
internal sealed class SiloOptionsCheck(SiloMode mode) : IValidateOptions<SiloOptions>
{
    public ValidateOptionsResult Validate(string? name, SiloOptions options)
    {
        List<ValidationResult> results = [];
        Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true);
        var faults = results
            .Select(result => $"{SiloOptions.Section}:{result.MemberNames.FirstOrDefault()}: {result.ErrorMessage}")
            .ToList();

        if (options.TimeZone.Length > 0 && !TimeZoneInfo.TryFindSystemTimeZoneById(options.TimeZone, out _))
        {
            faults.Add(
                $"{SiloOptions.Section}:TimeZone: '{options.TimeZone}' is not a time zone of this machine; "
                + "use an IANA name such as 'Asia/Taipei'.");
        }

        if (options.AdvertisedAddress.Length > 0 && MachineAddress.Find(options.AdvertisedAddress) is null)
        {
            faults.Add($"{SiloOptions.Section}:AdvertisedAddress: '{options.AdvertisedAddress}' is neither an IP address "
                + "nor a network (such as 10.0.3.0/24) that contains an address of this machine.");
        }

        if (options.MetricsAddress != "*" && !IPAddress.TryParse(options.MetricsAddress, out _))
        {
            faults.Add(
                $"{SiloOptions.Section}:MetricsAddress: '{options.MetricsAddress}' is not an IP address, "
                + "nor '*' for every address.");
        }

        if (!mode.Embedded)
        {
            if (options.HealthPort < 0)
                faults.Add($"{SiloOptions.Section}:HealthPort: required for a separate silo; probes have no other port.");
            faults.AddRange(PortCheck.Duplicates(
                (nameof(options.SiloPort), options.SiloPort), (nameof(options.GatewayPort), options.GatewayPort),
                (nameof(options.HealthPort), options.HealthPort), (nameof(options.MetricsPort), options.MetricsPort),
                (nameof(options.DashboardPort), options.DashboardPort)));
        }

        if (!mode.Embedded && options.AdministratorPassword.Length == 0)
            faults.Add($"{SiloOptions.Section}:AdministratorPassword: required in a cluster, which has no default password.");

        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}
