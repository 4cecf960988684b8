using NotifyHub.GrainInterfaces;

namespace NotifyHub.Grains.Accounts;

/// <summary>A user, and the hash of the password that never leaves the silo.</summary>
/// <param name="KnowsNetwork">The user has recently logged in from the network in question.</param>
public sealed record StoredUser(User User, string PasswordHash, bool KnowsNetwork);
