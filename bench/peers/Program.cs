using System.Net;
using Microsoft.AspNetCore.Connections;
using NotifyHub.Bench.Peers;

if (args is not ["naive", ..])
{
    Console.Error.WriteLine("usage: NotifyHub.Bench.Peers naive [--port 18080] [--push-port 18081]");
    return 2;
}

var builder = WebApplication.CreateSlimBuilder(args[1..]);
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.Services.AddSingleton<NaiveHub>();
builder.WebHost.ConfigureKestrel(kestrel =>
{
    kestrel.Listen(IPAddress.Loopback, builder.Configuration.GetValue("port", 18080));
    kestrel.Listen(IPAddress.Loopback, builder.Configuration.GetValue("push-port", 18081), push => push.UseConnectionHandler<PushHandler>());
});

var app = builder.Build();
app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = TimeSpan.FromSeconds(30) });
app.Run(async context =>
{
    if (!context.WebSockets.IsWebSocketRequest)
    {
        context.Response.StatusCode = StatusCodes.Status426UpgradeRequired;
        return;
    }
    using var socket = await context.WebSockets.AcceptWebSocketAsync();
    await context.RequestServices.GetRequiredService<NaiveHub>().ServeAsync(socket, context.RequestAborted);
});
await app.RunAsync();
return 0;
