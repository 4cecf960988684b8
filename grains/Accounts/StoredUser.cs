using NotifyHub.GrainInterfaces;

namespace NotifyHub.Grains.Accounts;

/// <summary>A user, and the hash of the password that never leaves the silo.</summary>
/// <param name="KnowsNetwork">The user has logged in from the network in question, lately.</param>
public sealed record StoredUser(User User, string PasswordHash, bool KnowsNetwork);
