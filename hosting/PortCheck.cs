using System.Net.Sockets;
using System.Net;
using NotifyHub.Hosting.Settings;

namespace NotifyHub.Hosting;

/// <summary>Whether ports can be listened on, before anything starts: found out later, it costs a page of stack traces, and a
/// silo its grid.</summary>
public static class PortCheck
{
    private const string Section = CommonOptions.Section;

    /// <summary>A socket that listens there exclusively.</summary>
    /// <param name="portSetting">The name of the setting that has the port.</param>
    /// <param name="addressSetting">The name of the setting that has the address; null: it has none.</param>
    /// <exception cref="StartFaultException">It can't be; the message names the settings.</exception>
    public static Socket Listen(IPEndPoint endPoint, string portSetting, string? addressSetting)
    {
        Socket? socket = null;
        try
        {
            socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (endPoint.Address.Equals(IPAddress.IPv6Any)) socket.DualMode = true;
            socket.Bind(endPoint);
            socket.Listen();
            return socket;
        }
        catch (SocketException fault)
        {
            socket?.Dispose();
            throw new StartFaultException(Explain(fault, endPoint, portSetting, addressSetting), fault);
        }
    }

    /// <returns>What to tell the operator; null: the port is free.</returns>
    public static string? Fault(IPEndPoint endPoint, string portSetting, string? addressSetting)
    {
        // The system has one to give.
        try
        {
            Listen(endPoint, portSetting, addressSetting).Dispose();
            return null;
        }
        catch (StartFaultException fault)
        {
            return fault.Message;
        }
    }

    /// <summary>The ports that two settings name, a line each.</summary>
    public static IEnumerable<string> Duplicates(params (string Setting, int Port)[] ports)
    {
        for (var i = 1; i < ports.Length; i++)
        {
            var (setting, port) = ports[i];
            var earlier = ports.Take(i).FirstOrDefault(other => other.Port == port).Setting;
            if (port > 0 && earlier is not null) yield return $"{Section}:{setting}: {port} is {Section}:{earlier} already.";
        }
    }

    /// <summary>Why nothing can listen there, and what to do.</summary>
    public static string Explain(SocketException fault, IPEndPoint endPoint, string portSetting, string? addressSetting) =>
        fault.SocketErrorCode switch
        {
            SocketError.AddressAlreadyInUse =>
                $"Port {endPoint.Port} is in use by another process. Stop it, or set {Section}:{portSetting} "
                + $"(environment {Section}__{portSetting}) to a free one.",
            SocketError.AccessDenied =>
                $"{Section}:{portSetting}: this user may not listen on port {endPoint.Port}. "
                + "Choose a port from 1024 on, or grant the program the right.",
            SocketError.AddressNotAvailable when addressSetting is not null =>
                $"{Section}:{addressSetting}: {endPoint.Address} is not an address of this machine. "
                + "Name one of its addresses, or leave the setting out.",
            SocketError.AddressFamilyNotSupported when addressSetting is not null =>
                $"{Section}:{addressSetting}: this machine does not support the address family of {endPoint.Address}. "
                + "Name one of its addresses.",
            _ => $"{Section}:{portSetting}: {endPoint} cannot be listened on: {fault.Message}",
        };
}
