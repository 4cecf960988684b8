using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Text;
using Microsoft.Extensions.Options;
using NotifyHub.Hosting;

namespace NotifyHub.Gateway.Settings;

/// <summary>Finds all faults of the settings at once, each named by its setting.</summary>
public sealed class GatewayOptionsCheck : IValidateOptions<GatewayOptions>
{
    public ValidateOptionsResult Validate(string? name, GatewayOptions options)
    {
        List<ValidationResult> results = [];
        Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true);
        var faults = results
            .Select(result => $"{GatewayOptions.Section}:{result.MemberNames.FirstOrDefault()}: {result.ErrorMessage}")
            .ToList();

        if (options.TimeZone.Length > 0 && !TimeZoneInfo.TryFindSystemTimeZoneById(options.TimeZone, out _))
        {
            faults.Add(
                $"NotifyHub:TimeZone: '{options.TimeZone}' is not a time zone of this machine; "
                + "use an IANA name such as 'Asia/Taipei'.");
        }

        var keyBytes = Encoding.UTF8.GetByteCount(options.JwtKey);
        var mayBeMade = options.Mode == GatewayMode.Embedded && keyBytes == 0;
        if (keyBytes < GatewayOptions.MinJwtKeyBytes && !mayBeMade)
        {
            faults.Add($"NotifyHub:JwtKey: must have at least {GatewayOptions.MinJwtKeyBytes} bytes, and has {keyBytes}; "
                + "every gateway of a grid needs the same.");
        }

        if (options.RequestBodiesBytes < options.RequestBytes)
        {
            faults.Add(
                $"NotifyHub:RequestBodiesBytes: {options.RequestBodiesBytes} is less than NotifyHub:RequestBytes, "
                + $"{options.RequestBytes}.");
        }

        CheckAddress("NotifyHub:Address", options.Address, faults);
        CheckAddress("NotifyHub:PushAddress", options.PushAddress, faults);
        CheckAddress("NotifyHub:MetricsAddress", options.MetricsAddress, faults);
        CheckAddress("NotifyHub:ConsoleAddress", options.ConsoleAddress, faults);
        faults.AddRange(options.AllowedOrigins
            .Where(origin => origin != "null" && !IsOrigin(origin))
            .Select(origin =>
                $"NotifyHub:AllowedOrigins: '{origin}' is not an origin such as https://app.example.com, nor null."));
        faults.AddRange(options.ApiOrigins
            .Where(origin => !IsOrigin(origin))
            .Select(origin => $"NotifyHub:ApiOrigins: '{origin}' is not an origin such as https://console.example.com."));
        faults.AddRange(PortCheck.Duplicates(
            (nameof(options.WebSocketPort), options.WebSocketPort), (nameof(options.PushPort), options.PushPort),
            (nameof(options.ConsolePort), options.ConsolePort), (nameof(options.MetricsPort), options.MetricsPort),
            (nameof(options.HealthPort), options.HealthPort)));

        faults.AddRange(options.TrustedProxies
            .Where(network => IpNetworks.Parse(network) is null)
            .Select(network =>
                $"NotifyHub:TrustedProxies: '{network}' is neither an IP address nor a network such as 10.0.0.0/8."));
        CheckCertificate(options, faults);

        if (options.Mode == GatewayMode.Cluster && options.Silos.Length == 0)
            faults.Add("NotifyHub:Silos: required in cluster mode, each as host:port.");
        faults.AddRange(options.Silos
            .Where(silo => !IsHostAndPort(silo))
            .Select(silo => $"NotifyHub:Silos: '{silo}' is not host:port."));

        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private static void CheckCertificate(GatewayOptions options, List<string> faults)
    {
        if (options.TlsCertificateFile.Length == 0)
        {
            if (options.TlsKeyFile.Length > 0) faults.Add("NotifyHub:TlsKeyFile: requires NotifyHub:TlsCertificateFile.");
            return;
        }

        try
        {
            CertificateFiles.Read(options);
        }
        catch (IOException e)
        {
            faults.Add(e.Message);
        }
    }

    private static void CheckAddress(string setting, string address, List<string> faults)
    {
        if (address != "*" && !IPAddress.TryParse(address, out _))
            faults.Add($"{setting}: '{address}' is not an IP address, nor '*' for every address.");
    }

    private static bool IsOrigin(string origin) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var uri)
        && uri.Scheme is "http" or "https"
        && origin.Equals(uri.GetLeftPart(UriPartial.Authority), StringComparison.OrdinalIgnoreCase);

    private static bool IsHostAndPort(string silo)
    {
        var colon = silo.LastIndexOf(':');
        return colon > 0 && ushort.TryParse(silo.AsSpan(colon + 1), out var port) && port > 0;
    }
}
