namespace NotifyHub.TestKit;

/// <param name="Namespace">Its network namespace.</param>
/// <param name="Address">The address at which the other hosts reach it.</param>
public sealed record NetworkHost(string Namespace, string Address)
{
    /// <summary>The prefix of a command line that runs a command on this host.</summary>
    public string[] Exec => ["ip", "netns", "exec", Namespace];
}
