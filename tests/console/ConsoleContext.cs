using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using MudBlazor.Services;
using NotifyHub.Console.Accounts;
using NotifyHub.Console.Api;
using NotifyHub.Console.Language;

namespace NotifyHub.ConsoleTests;

/// <summary>The console without a browser: an API that answers as told, a clock that stands, a browser that forgets.</summary>
public abstract class ConsoleContext : BunitContext
{
    protected ConsoleContext()
    {
        JSInterop.Mode = JSRuntimeMode.Loose;
        Services.AddMudServices();
        Services.AddSingleton<TimeProvider>(Clock);
        Services.AddSingleton(_ => new HttpClient(Server) { BaseAddress = new Uri("http://grid.test/") });
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

    protected Task LogInAsync(string role = Roles.Administrator) =>
        Session.BeginAsync(new Login("token-1", new User(1, "person@notifyhub.com", "Person", role)));
}
