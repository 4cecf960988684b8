using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.SignalR;
using NotifyHub.Bench.Peers;

if (args is not ["naive" or "signalr" or "floor", ..])
{
    Console.Error.WriteLine(
        "usage: NotifyHub.Bench.Peers naive|signalr|floor [--port 18080] [--push-port 18081] [--queue MESSAGES (naive)] "
        + "[--backlog BYTES (floor)]");
    return 2;
}

var settings = new ConfigurationBuilder().AddCommandLine(args[1..]).Build();
var port = settings.GetValue("port", 18080);
var pushPort = settings.GetValue("push-port", 18081);
if (args[0] == "floor")
{
    using var floor = new Floor(port, pushPort, settings.GetValue("backlog", 16 << 20));
    floor.Run();
    return 0;
}

var builder = WebApplication.CreateSlimBuilder();
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.WebHost.ConfigureKestrel(kestrel =>
{
    kestrel.Listen(IPAddress.Loopback, port);
    kestrel.Listen(IPAddress.Loopback, pushPort, push => push.UseConnectionHandler<PushHandler>());
});
await (args[0] == "naive" ? Naive() : SignalR()).RunAsync();
return 0;

WebApplication Naive()
{
    var hub = new NaiveHub(settings.GetValue("queue", 10_000));
    builder.Services.AddSingleton<Broadcast>(message =>
    {
        hub.Broadcast(message);
        return ValueTask.CompletedTask;
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
        await hub.ServeAsync(socket, context.RequestAborted);
    });
    return app;
}

WebApplication SignalR()
{
    // The generator only listens; the hub would take it for a lost client after 30 s.
    builder.Services.AddSignalR(hub => hub.ClientTimeoutInterval = TimeSpan.FromDays(1));
    builder.Services.AddSingleton<Broadcast>(services =>
    {
        var hub = services.GetRequiredService<IHubContext<SignalRHub>>();
        return message => SignalRHub.BroadcastAsync(hub, message);
    });
    var app = builder.Build();
    app.MapHub<SignalRHub>("");
    return app;
}
