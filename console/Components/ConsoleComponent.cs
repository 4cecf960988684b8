using Microsoft.AspNetCore.Components;
using MudBlazor;
using NotifyHub.Console.Accounts;
using NotifyHub.Console.Api;
using NotifyHub.Console.Language;

namespace NotifyHub.Console.Components;

/// <summary>The base of all pages and components.</summary>
public abstract class ConsoleComponent : ComponentBase, IDisposable
{
    private readonly CancellationTokenSource _gone = new();
    private bool _isAsking;

    protected ConsoleComponent() => Gone = _gone.Token;

    /// <summary>The texts in the user's language.</summary>
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

    /// <summary>
    /// Cancelled when the component is removed. Stored, because work that ends later still reads it and its source is disposed.
    /// </summary>
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

    /// <summary>Runs a user's command and shows the result. Returns false if it failed.</summary>
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
            // When the login has ended, the login page says so.
            if (Session.IsActive) Snackbar.Add(T.Explain(failure), MudBlazor.Severity.Error);
            return false;
        }
    }

    /// <summary>Asks for confirmation. Returns false if the user cancels.</summary>
    /// <param name="title">The title of the dialog.</param>
    /// <param name="question">What the command will do.</param>
    /// <param name="yes">The text of the button that confirms.</param>
    /// <param name="isDestructive">It ends or deletes something; the button is red.</param>
    protected async Task<bool> ConfirmAsync(string title, string question, string yes, bool isDestructive)
    {
        // A key held down presses the button again before the dialog takes the focus.
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

    /// <summary>Runs the work now and once per interval until the component is removed. It handles its own failures.</summary>
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
