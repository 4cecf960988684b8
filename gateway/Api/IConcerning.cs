namespace NotifyHub.Gateway.Api;

/// <summary>The answer to an act whose request says in its body alone what it was about: the audit log has it from
/// here.</summary>
internal interface IConcerning
{
    /// <summary>Without secrets.</summary>
    string Subject { get; }
}
