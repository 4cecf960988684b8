using Microsoft.AspNetCore.Components.Web;
using Microsoft.AspNetCore.Components.WebAssembly.Hosting;
using MudBlazor;
using MudBlazor.Services;
using NotifyHub.Console;
using NotifyHub.Console.Accounts;
using NotifyHub.Console.Api;
using NotifyHub.Console.Language;

var builder = WebAssemblyHostBuilder.CreateDefault(args);
builder.RootComponents.Add<App>("#app");
builder.RootComponents.Add<HeadOutlet>("head::after");

// The API is at the origin of the console, unless wwwroot/appsettings.json names another gateway.
var api = builder.Configuration["ApiBase"] is { Length: > 0 } other ? other : builder.HostEnvironment.BaseAddress;
builder.Services.AddSingleton(services => new HttpClient(services.GetRequiredService<SessionHandler>())
{
    BaseAddress = new Uri(api.EndsWith('/') ? api : api + "/"),
    Timeout = TimeSpan.FromSeconds(30),
});
builder.Services.AddSingleton(TimeProvider.System);
builder.Services.AddSingleton<Session>();
builder.Services.AddSingleton<Preferences>();
builder.Services.AddSingleton<GridTime>();
builder.Services.AddSingleton(services => new SessionHandler(
    services.GetRequiredService<Session>(), services.GetRequiredService<Preferences>())
{
    InnerHandler = new HttpClientHandler(),
});
builder.Services.AddSingleton<ApiTransport>();
builder.Services.AddSingleton<ApiClient>();
builder.Services.AddMudServices(services =>
{
    services.SnackbarConfiguration.PositionClass = Defaults.Classes.Position.BottomRight;
    services.SnackbarConfiguration.VisibleStateDuration = 5_000;
    services.SnackbarConfiguration.HideTransitionDuration = 150;
    services.SnackbarConfiguration.ShowTransitionDuration = 150;
    services.SnackbarConfiguration.PreventDuplicates = true;
});

builder.Services.AddTransient<MudLocalizer, LibraryTexts>();

var host = builder.Build();
await host.Services.GetRequiredService<Preferences>().RestoreAsync();
await host.Services.GetRequiredService<Session>().RestoreAsync();
await host.RunAsync();
