using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using MudBlazor.Services;
using NotifyHub.Console.Accounts;
using NotifyHub.Console.Api;
using NotifyHub.Console.Language;
using NotifyHub.TestKit;

namespace NotifyHub.ConsoleTests;

/// <summary>The console without a browser: a fake API, a fake clock, and JavaScript calls that do nothing.</summary>
public abstract class ConsoleContext : BunitContext
{
    static ConsoleContext() => DefaultWaitTimeout = Until.Limit;

    protected ConsoleContext()
    {
        JSInterop.Mode = JSRuntimeMode.Loose;
        Services.AddMudServices();
        Services.AddSingleton<TimeProvider>(Clock);
        Services.AddSingleton(_ => new HttpClient(new SessionHandler(Session, Preferences) { InnerHandler = Server })
        {
            BaseAddress = new Uri("http://grid.test/"),
        });
        Services.AddSingleton<Session>();
        Services.AddSingleton<Preferences>();
        Services.AddSingleton<GridTime>();
        Services.AddSingleton<ApiTransport>();
        Services.AddSingleton<ApiClient>();
    }

    protected FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 11, 23, 9, 41, 0, TimeSpan.Zero));

    protected FakeServer Server { get; } = new();

    protected Session Session => Services.GetRequiredService<Session>();

    protected Preferences Preferences => Services.GetRequiredService<Preferences>();

    protected GridTime Grid => Services.GetRequiredService<GridTime>();

    protected ApiClient Api => Services.GetRequiredService<ApiClient>();

    protected NavigationManager Navigation => Services.GetRequiredService<NavigationManager>();

    /// <param name="permissions">What the API allows the user; none means everything.</param>
    protected Task LogInAsync(params string[] permissions) => Session.BeginAsync(new Login("token-1", new User(
        1, "person@notifyhub.com", "Person", Roles.Operator, Permissions: permissions.Length > 0 ? permissions : Everything)));

    private static string[] Everything { get; } =
    [
        Permissions.ControlService, Permissions.CloseConnections, Permissions.ManageSchedules, Permissions.Publish,
        Permissions.DeleteNotifications, Permissions.ManageKeys, Permissions.ManageUsers,
        Permissions.ManageNamespaces, Permissions.ReadSettings,
    ];
}
