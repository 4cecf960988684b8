using Dapper;
using NotifyHub.GrainInterfaces;

namespace NotifyHub.Grains.Storage;

/// <summary>The people who may log in. E-mail addresses are kept as <see cref="GrainKeys.NormaliseEmail"/> gives them.</summary>
public sealed class UserStore(Database database, TimeProvider time)
{
    /// <summary>Null: nobody has this address.</summary>
    public Task<StoredUser?> FindAsync(string email, CancellationToken cancellation = default) =>
        // PostgreSQL knows no U+0000 in a text: nobody has such an address.
        email.Contains('\0', StringComparison.Ordinal)
            ? Task.FromResult<StoredUser?>(null)
            : database.ReadAsync(
                async connection => (await connection.QuerySingleOrDefaultAsync<Row>(
                    """
                    SELECT id AS Id, email AS Email, name AS Name, role AS Role, password_hash AS PasswordHash, created_at AS CreatedAt
                    FROM account WHERE email = @email
                    """,
                    new { email = GrainKeys.NormaliseEmail(email) }))?.ToUser(),
                cancellation);

    /// <summary>Adds a user unless the address is taken, also by another silo at the same moment. False: it was taken.</summary>
    public Task<bool> AddAsync(string email, string name, string role, string passwordHash, CancellationToken cancellation = default) =>
        database.WriteAsync(
            async (connection, transaction) => await connection.ExecuteAsync(
                """
                INSERT INTO account (email, name, role, password_hash, created_at)
                VALUES (@email, @name, @role, @passwordHash, @now)
                ON CONFLICT (email) DO NOTHING
                """,
                new
                {
                    email = GrainKeys.NormaliseEmail(email),
                    name,
                    role,
                    passwordHash,
                    now = time.GetUtcNow().ToUnixTimeMilliseconds(),
                },
                transaction) > 0,
            cancellation);

    private sealed class Row
    {
        public long Id { get; init; }
        public string Email { get; init; } = "";
        public string Name { get; init; } = "";
        public string Role { get; init; } = "";
        public string PasswordHash { get; init; } = "";
        public long CreatedAt { get; init; }

        public StoredUser ToUser() =>
            new(new User(Id, Email, Name, Role, DateTimeOffset.FromUnixTimeMilliseconds(CreatedAt)), PasswordHash);
    }
}

/// <summary>A user, and the hash of the password that never leaves the silo.</summary>
public sealed record StoredUser(User User, string PasswordHash);
