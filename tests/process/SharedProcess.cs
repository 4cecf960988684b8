using NotifyHub.TestKit;
using Xunit;

namespace NotifyHub.ProcessTests;

/// <summary>One process for all tests of a class, which must leave it as they found it.</summary>
public abstract class SharedProcess(params (string Setting, string Value)[] settings) : IAsyncLifetime
{
    private NotifyHubProcess? _hub;

    public NotifyHubProcess Hub => _hub!;

    public async ValueTask InitializeAsync() => _hub = await NotifyHubProcess.StartAsync(settings);

    public async ValueTask DisposeAsync()
    {
        if (_hub is not null) await _hub.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
