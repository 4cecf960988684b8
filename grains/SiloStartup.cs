using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using NotifyHub.GrainInterfaces;
using NotifyHub.Grains.Accounts;
using NotifyHub.Grains.Settings;
using NotifyHub.Grains.Storage;
using NotifyHub.Hosting;

namespace NotifyHub.Grains;

/// <summary>
/// Makes the database ready before Orleans reads its own tables from it: <see cref="StartingAsync"/> runs before any hosted
/// service starts.
/// </summary>
internal sealed partial class SiloStartup(
    IOptions<SiloOptions> options, Database database, UserStore users, Passwords passwords, SiloMode mode,
    ILogger<SiloStartup> logger)
    : IHostedLifecycleService
{
    private const string EmbeddedPassword = DefaultPassword.Value;

    private Task? _prepared;

    /// <summary>Migrates and creates the first administrator. Runs once: a second call gets the outcome of the first.</summary>
    public Task PrepareAsync(CancellationToken cancellation) => _prepared ??= RunAsync(cancellation);

    public Task StartingAsync(CancellationToken cancellationToken) => PrepareAsync(cancellationToken);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task RunAsync(CancellationToken cancellation)
    {
        database.Health.IsQuiet = true;
        await ReadyAsync(options.Value, cancellation);
        database.Health.IsQuiet = false;
    }

    private async Task ReadyAsync(SiloOptions settings, CancellationToken cancellation)
    {
        await CheckDurabilityAsync(cancellation);
        await database.MigrateAsync(cancellation);

        var isDefault = mode.Embedded && settings.AdministratorPassword.Length == 0;
        var password = isDefault ? EmbeddedPassword : settings.AdministratorPassword;
        var stored = await users.FindAsync(settings.AdministratorEmail, cancellation: cancellation);
        // Another silo may be doing the same at this moment: one of them adds the user, and all go on.
        if (stored is null)
        {
            var hash = await passwords.HashAsync(password);
            await users.AddAsync(settings.AdministratorEmail, "Administrator", Roles.Administrator, hash, cancellation);
        }

        if (password != EmbeddedPassword) return;
        if (stored is not null && !await passwords.VerifyAsync(stored.PasswordHash, password)) return;
        await users.NoteDefaultPasswordAsync(settings.AdministratorEmail, cancellation);
        LogDefaultPassword(settings.AdministratorEmail);
    }

    private async Task CheckDurabilityAsync(CancellationToken cancellation)
    {
        if (await database.FindDurabilityFaultAsync(cancellation) is not { } fault) return;
        if (!options.Value.AllowDataLoss)
        {
            throw new StartFaultException(
                $"The storage is not durable: {fault}. Turn it on, or set "
                + $"{SiloOptions.Section}:{nameof(SiloOptions.AllowDataLoss)}=true to start all the same.");
        }

        database.Health.NotDurable = $"The storage is not durable: {fault}. {nameof(SiloOptions.AllowDataLoss)} permits it.";
        LogNotDurable(fault);
    }

    [LoggerMessage(1701, LogLevel.Warning, "Acknowledged messages may be lost: {Fault}")]
    private partial void LogNotDurable(string fault);

    [LoggerMessage(1702, LogLevel.Warning,
        "The administrator {Email} has the default password. Set NotifyHub:AdministratorPassword before the first start "
        + "wherever others can reach this machine.")]
    private partial void LogDefaultPassword(string email);
}
