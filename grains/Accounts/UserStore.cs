using Dapper;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Audit;
using NotifyHub.Grains.Storage;

namespace NotifyHub.Grains.Accounts;

/// <summary>The people who may log in. E-mail addresses are kept as <see cref="GrainKeys.NormaliseEmail"/> gives them.</summary>
public sealed class UserStore(Database database, TimeProvider time)
{
    private const string Columns =
        """
        id AS Id, email AS Email, name AS Name, role AS Role, password_hash AS PasswordHash, created_at AS CreatedAt,
        token_version AS TokenVersion, disabled_at AS DisabledAt, last_login_at AS LastLoginAt,
        default_password AS DefaultPassword
        """;

    // More than a person has; the one that was used longest ago is replaced.
    private const int MaxNetworks = 32;
    private static readonly TimeSpan NetworkKnownFor = TimeSpan.FromDays(90);

    /// <summary>Null: no user has this address.</summary>
    /// <param name="network">Where the login comes from.</param>
    public Task<StoredUser?> FindAsync(string email, string network = "", CancellationToken cancellation = default) =>
        !StoredText.CanMatch(email)
            ? Task.FromResult<StoredUser?>(null)
            : database.ReadAsync(
                async connection => (await connection.QuerySingleOrDefaultAsync<Row>(
                    $"""
                    SELECT {Columns}, (SELECT count(*) FROM sign_in_network
                        WHERE account_id = account.id AND network = @network AND succeeded_at > @since) AS KnownNetworks
                    FROM account WHERE email = @email
                    """,
                    new
                    {
                        email = GrainKeys.NormaliseEmail(email),
                        network,
                        since = StoredTime.Now(time) - (long)NetworkKnownFor.TotalMilliseconds,
                    }))?.ToStored(),
                cancellation);

    public Task<User?> GetAsync(long id, CancellationToken cancellation = default) => database.ReadAsync(
        async connection => (await connection.QuerySingleOrDefaultAsync<Row>(
            $"SELECT {Columns} FROM account WHERE id = @id", new { id }))?.ToUser(),
        cancellation);

    /// <summary>Null: no such user, or disabled.</summary>
    public Task<long?> TokenVersionAsync(long id, CancellationToken cancellation = default) => database.ReadAsync(
        connection => connection.QuerySingleOrDefaultAsync<long?>(
            "SELECT token_version FROM account WHERE id = @id AND disabled_at IS NULL", new { id }),
        cancellation);

    /// <summary>One page, by e-mail address.</summary>
    public Task<UserPage> ListAsync(UserQuery query, CancellationToken cancellation = default)
    {
        if (!StoredText.CanMatch(query.Search)) return Task.FromResult(new UserPage([], 0));
        var where = string.IsNullOrEmpty(query.Search)
            ? ""
            : $"WHERE {Like.Matches("email", "@Pattern")} OR {Like.Matches("name", "@Pattern")}";
        var arguments = new { Pattern = Like.Pattern(query.Search) };
        return database.ListAsync(
            async connection =>
            {
                var (rows, total) = await PagedRows.ReadAsync<Row>(
                    connection, Columns, $"account {where}", "email", arguments, query.Page, query.Limit);
                return new UserPage([.. rows.Select(row => row.ToUser())], total);
            },
            cancellation);
    }

    /// <summary>Adds a user unless the address is taken, also by another silo at the same moment. False: it was taken.</summary>
    public Task<bool> AddAsync(
        string email, string name, string role, string passwordHash, CancellationToken cancellation = default) =>
        database.WriteAsync(
            async (connection, transaction) => await connection.ExecuteAsync(
                """
                INSERT INTO account (email, name, role, password_hash, created_at)
                VALUES (@email, @name, @role, @passwordHash, @now)
                ON CONFLICT (email) DO NOTHING
                """,
                new { email = GrainKeys.NormaliseEmail(email), name, role, passwordHash, now = StoredTime.Now(time) },
                transaction) > 0,
            cancellation);

    /// <summary>Changes what is not null. A change of the role, and being disabled, end the user's tokens. Refused when it would
    /// leave no administrator who may log in.</summary>
    public Task<UserChange> ChangeAsync(
        long id, string? name, string? role, bool? disabled, CancellationToken cancellation = default) =>
        database.WriteAsync(
            async (connection, transaction) =>
            {
                // Writes every administrator's row: of two who demote each other at once the second sees what the first has done.
                await connection.ExecuteAsync(
                    "UPDATE account SET role = role WHERE role = @Administrator", new { Roles.Administrator }, transaction);
                var old = (await connection.QuerySingleOrDefaultAsync<Row>(
                    $"SELECT {Columns} FROM account WHERE id = @id", new { id }, transaction))?.ToUser();
                if (old is null) return new UserChange(null, Refused: false);

                var was = old.DisabledAt?.ToStored();
                var disabledAt = disabled switch { true => was ?? StoredTime.Now(time), false => null, null => was };
                var ends = (role ?? old.Role) != old.Role || disabledAt is null != old.DisabledAt is null;
                var steps = IsActiveAdministrator(old)
                    && (disabledAt is not null || role is not null and not Roles.Administrator);
                if (steps && await OthersAsync() == 0) return new UserChange(old, Refused: true);

                return new UserChange(
                    (await connection.QuerySingleAsync<Row>(
                        $"""
                        UPDATE account
                        SET name = @name, role = @role, disabled_at = @disabledAt, token_version = token_version + @ends
                        WHERE id = @id RETURNING {Columns}
                        """,
                        new { id, name = name ?? old.Name, role = role ?? old.Role, disabledAt, ends = ends ? 1L : 0L },
                        transaction)).ToUser(),
                    Refused: false);

                Task<long> OthersAsync() => connection.ExecuteScalarAsync<long>(
                    "SELECT count(*) FROM account WHERE role = @Administrator AND disabled_at IS NULL AND id <> @id",
                    new { Roles.Administrator, id },
                    transaction);
            },
            cancellation);

    /// <summary>Sets another password, which ends the user's tokens. Null: no such user, or no longer at that version.</summary>
    /// <param name="version">The token version that the user must still have; null: any.</param>
    /// <param name="network">Where it was changed from: all others are unknown to the account from now on.</param>
    public Task<User?> SetPasswordAsync(
        long id, string hash, long? version = null, string network = "",
        CancellationToken cancellation = default) => database.WriteAsync(
        async (connection, transaction) =>
        {
            var row = await connection.QuerySingleOrDefaultAsync<Row>(
                $"""
                UPDATE account SET password_hash = @hash, token_version = token_version + 1, default_password = 0
                WHERE id = @id AND token_version = coalesce(@version, token_version)
                RETURNING {Columns}
                """,
                new { id, hash, version },
                transaction);
            if (row is null) return null;
            await connection.ExecuteAsync(
                "DELETE FROM sign_in_network WHERE account_id = @id AND network <> @network", new { id, network }, transaction);
            return row.ToUser();
        },
        cancellation);

    /// <summary>Notes when and where from a user has logged in, and writes it down in the audit log.</summary>
    public Task NoteLoginAsync(User user, ClientAddress from, CancellationToken cancellation = default) => database.WriteAsync(
        async (connection, transaction) =>
        {
            var arguments = new { user.Id, from.Network, now = StoredTime.Now(time), MaxNetworks };
            await connection.ExecuteAsync(
                """
                UPDATE account SET last_login_at = @now WHERE id = @Id;
                INSERT INTO sign_in_network (account_id, network, succeeded_at) VALUES (@Id, @Network, @now)
                ON CONFLICT (account_id, network) DO UPDATE SET succeeded_at = excluded.succeeded_at;
                DELETE FROM sign_in_network WHERE account_id = @Id AND network NOT IN (
                    SELECT network FROM sign_in_network WHERE account_id = @Id ORDER BY succeeded_at DESC LIMIT @MaxNetworks)
                """,
                arguments,
                transaction);
            return await AuditGrain.AddAsync(
                connection,
                transaction,
                new AuditEntry(time.GetUtcNow(), user.Email, AuditGrain.Login, "/api/auth/login", from.Address));
        },
        cancellation);

    /// <summary>Remembers that this user has the password of the documentation, until it is changed.</summary>
    public Task NoteDefaultPasswordAsync(string email, CancellationToken cancellation = default) => database.WriteAsync(
        (connection, transaction) => connection.ExecuteAsync(
            "UPDATE account SET default_password = 1 WHERE email = @email",
            new { email = GrainKeys.NormaliseEmail(email) },
            transaction),
        cancellation);

    public Task<bool> HasDefaultPasswordAsync(CancellationToken cancellation = default) => database.ReadAsync(
        async connection => await connection.ExecuteScalarAsync<long>(
            "SELECT count(*) FROM account WHERE default_password = 1 AND disabled_at IS NULL") > 0,
        cancellation);

    private static bool IsActiveAdministrator(User user) => user is { Role: Roles.Administrator, DisabledAt: null };

    private sealed class Row
    {
        public long Id { get; init; }
        public string Email { get; init; } = "";
        public string Name { get; init; } = "";
        public string Role { get; init; } = "";
        public string PasswordHash { get; init; } = "";
        public long CreatedAt { get; init; }
        public long TokenVersion { get; init; }
        public long? DisabledAt { get; init; }
        public long? LastLoginAt { get; init; }
        public long DefaultPassword { get; init; }
        public long KnownNetworks { get; init; }

        public User ToUser() => new(
            Id, Email, Name, Role, StoredTime.Of(CreatedAt), TokenVersion, StoredTime.Of(DisabledAt), StoredTime.Of(LastLoginAt),
            DefaultPassword != 0);

        public StoredUser ToStored() => new(ToUser(), PasswordHash, KnownNetworks > 0);
    }
}
