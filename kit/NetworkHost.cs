namespace NotifyHub.TestKit;

/// <param name="Namespace">Its network namespace.</param>
/// <param name="Address">Where the other hosts reach it.</param>
public sealed record NetworkHost(string Namespace, string Address)
{
    /// <summary>What a command line must begin with to run there.</summary>
    public string[] Exec => ["ip", "netns", "exec", Namespace];
}
