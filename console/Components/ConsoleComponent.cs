using Microsoft.AspNetCore.Components;
using MudBlazor;
using NotifyHub.Console.Accounts;
using NotifyHub.Console.Api;
using NotifyHub.Console.Language;

namespace NotifyHub.Console.Components;

/// <summary>What every page and part of one has at hand.</summary>
public abstract class ConsoleComponent : ComponentBase, IDisposable
{
    private readonly CancellationTokenSource _gone = new();
    private bool _isAsking;

    protected ConsoleComponent() => Gone = _gone.Token;

    /// <summary>The texts in the person's language.</summary>
    [CascadingParameter]
    public Texts T { get; set; } = Texts.Chinese;

    [Inject]
    protected ApiClient Api { get; set; } = null!;

    [Inject]
    protected Session Session { get; set; } = null!;

    [Inject]
    protected GridTime Grid { get; set; } = null!;

    [Inject]
    protected IDialogService Dialogs { get; set; } = null!;

    [Inject]
    protected ISnackbar Snackbar { get; set; } = null!;

    [Inject]
    protected TimeProvider Time { get; set; } = null!;

    /// <summary>Cancelled when the person has left. Kept: the source of the token is disposed then, and work that ends late still looks.</summary>
    protected CancellationToken Gone { get; }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (!disposing) return;
        _gone.Cancel();
        _gone.Dispose();
    }

    /// <summary>Does something for the person and tells how it went. False: it failed.</summary>
    protected async Task<bool> TryAsync(Func<Task> work, string? done = null)
    {
        try
        {
            await work();
            if (done is not null) Snackbar.Add(done, MudBlazor.Severity.Success);
            return true;
        }
        catch (ApiException failure)
        {
            // The end of a login leads to the login page, which says so.
            if (Session.IsActive) Snackbar.Add(T.Explain(failure), MudBlazor.Severity.Error);
            return false;
        }
    }

    /// <summary>Asks first. False: the person thought better of it.</summary>
    /// <param name="title">Of the dialog.</param>
    /// <param name="question">What will happen.</param>
    /// <param name="yes">What the button that does it says.</param>
    /// <param name="isDestructive">It ends or deletes something.</param>
    protected async Task<bool> ConfirmAsync(string title, string question, string yes, bool isDestructive)
    {
        // A key that is held down presses the button behind the dialog again before the dialog has the focus.
        if (_isAsking) return false;
        _isAsking = true;
        try
        {
            var dialog = await Dialogs.ShowAsync<ConfirmDialog>(title, new DialogParameters<ConfirmDialog>
            {
                { one => one.Question, question }, { one => one.Yes, yes }, { one => one.IsDestructive, isDestructive },
            });
            return await dialog.Result is { Canceled: false };
        }
        finally
        {
            _isAsking = false;
        }
    }

    /// <summary>Does it now and again and again until the person leaves; the work sees to its own failures.</summary>
    protected async Task RepeatAsync(TimeSpan interval, Func<CancellationToken, Task> work)
    {
        var gone = Gone;
        using var timer = new PeriodicTimer(interval, Time);
        try
        {
            do
            {
                await work(gone);
                await InvokeAsync(StateHasChanged);
            }
            while (await timer.WaitForNextTickAsync(gone));
        }
        catch (OperationCanceledException) when (gone.IsCancellationRequested)
        {
        }
    }
}
