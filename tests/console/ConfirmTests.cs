using Bunit;
using MudBlazor;
using NotifyHub.Console.Components;
using Xunit;

namespace NotifyHub.ConsoleTests;

/// <summary>The confirmation dialog that precedes every action that cannot be undone.</summary>
public sealed class ConfirmTests : ConsoleContext
{
    [Theory]
    [InlineData(true, "mud-button-filled-error")]
    [InlineData(false, "mud-button-filled-primary")]
    public async Task Cancel_comes_first_and_the_act_looks_like_what_it_is(bool isDestructive, string look)
    {
        var (asked, provider) = Ask(isDestructive);

        var buttons = provider.WaitForElements(".mud-dialog-actions button", 2);
        Assert.Equal(["取消", "停止"], buttons.Select(button => button.TextContent.Trim()));
        Assert.Contains(look, buttons[1].ClassList);

        await buttons[1].ClickAsync(new());
        Assert.True(await asked);
    }

    [Fact]
    public async Task Cancel_changes_nothing_and_the_question_can_be_asked_again()
    {
        var asker = Render<Asker>();
        var provider = Render<MudDialogProvider>();
        var first = asker.InvokeAsync(() => asker.Instance.AskAsync(true));
        // A second click while the dialog is open opens no second dialog.
        Assert.False(await asker.InvokeAsync(() => asker.Instance.AskAsync(true)));
        Assert.Single(provider.FindAll(".mud-dialog"));

        await provider.WaitForElements(".mud-dialog-actions button", 2)[0].ClickAsync(new());
        Assert.False(await first);

        var again = asker.InvokeAsync(() => asker.Instance.AskAsync(true));
        await provider.WaitForElements(".mud-dialog-actions button", 2)[1].ClickAsync(new());
        Assert.True(await again);
    }

    private (Task<bool> Asked, IRenderedComponent<MudDialogProvider> Provider) Ask(bool isDestructive)
    {
        var asker = Render<Asker>();
        var provider = Render<MudDialogProvider>();
        return (asker.InvokeAsync(() => asker.Instance.AskAsync(isDestructive)), provider);
    }

    private sealed class Asker : ConsoleComponent
    {
        public Task<bool> AskAsync(bool isDestructive) => ConfirmAsync("停止服務", "停止整個網格？", "停止", isDestructive);
    }
}
