namespace NotifyHub.Hosting;

/// <summary>The process can't start for a reason that its operator can correct; the message names the setting and the
/// remedy.</summary>
public sealed class StartFaultException(string message, Exception? cause = null) : Exception(message, cause);
