using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Options;

namespace NotifyHub.Gateway.Settings;

/// <summary>The ports that can speak TLS.</summary>
[Flags]
public enum TlsPorts
{
    None = 0,

    /// <summary>WebSocket and REST.</summary>
    WebSocket = 1,

    Push = 2,

    Console = 4,

    All = WebSocket | Push | Console,
}
