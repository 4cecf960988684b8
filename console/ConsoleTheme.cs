using MudBlazor;

namespace NotifyHub.Console;

/// <summary>The console's colours and fonts. Text has a contrast of at least 4.5 to 1 against its background.</summary>
internal static class ConsoleTheme
{
    // System fonts: nothing is downloaded, and Chinese uses the font that each system prefers.
    private static readonly string[] Fonts =
    [
        "system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "PingFang TC", "Microsoft JhengHei", "Noto Sans TC",
        "Noto Sans CJK TC", "sans-serif",
    ];

    public static readonly MudTheme Theme = new()
    {
        PaletteLight = new PaletteLight
        {
            Primary = "#2152d3",
            PrimaryContrastText = "#ffffff",
            Secondary = "#5b4bc4",
            Info = "#0b6a9c",
            Success = "#17754a",
            Warning = "#935300",
            Error = "#bd2433",
            Black = "#111827",
            Background = "#f4f6f9",
            BackgroundGray = "#eceff4",
            Surface = "#ffffff",
            AppbarBackground = "#ffffff",
            AppbarText = "#1a2433",
            DrawerBackground = "#ffffff",
            DrawerText = "#3a475a",
            DrawerIcon = "#56647a",
            TextPrimary = "#1a2433",
            TextSecondary = "#546178",
            ActionDefault = "#46536a",
            LinesDefault = "#e2e7ee",
            LinesInputs = "#7f8ca0",
            TableLines = "#e8ecf2",
            TableHover = "#f4f7fb",
            Divider = "#e2e7ee",
            OverlayDark = "rgba(15,22,34,0.45)",
        },
        PaletteDark = new PaletteDark
        {
            Primary = "#8db0ff",
            PrimaryContrastText = "#0c1422",
            Secondary = "#b3a7ff",
            Info = "#6cc3ee",
            Success = "#58c994",
            Warning = "#eeb152",
            Error = "#ff8d8d",
            SuccessContrastText = "#0b1a13",
            WarningContrastText = "#1d1404",
            ErrorContrastText = "#240808",
            InfoContrastText = "#06161f",
            Black = "#0b1017",
            Background = "#0f151e",
            BackgroundGray = "#131b26",
            Surface = "#17202c",
            AppbarBackground = "#131b26",
            AppbarText = "#e4eaf3",
            DrawerBackground = "#131b26",
            DrawerText = "#c3cddc",
            DrawerIcon = "#97a5ba",
            TextPrimary = "#e4eaf3",
            TextSecondary = "#9dabc0",
            ActionDefault = "#b4c0d2",
            LinesDefault = "#2a3545",
            LinesInputs = "#66758c",
            TableLines = "#253040",
            TableHover = "#1c2735",
            Divider = "#2a3545",
            OverlayDark = "rgba(4,8,14,0.6)",
        },
        Typography = new Typography
        {
            Default = new DefaultTypography
            {
                FontFamily = Fonts, FontSize = "0.875rem", LineHeight = "1.5", LetterSpacing = "normal",
            },
            Body1 = new Body1Typography { FontSize = "0.875rem", LineHeight = "1.5", LetterSpacing = "normal" },
            Body2 = new Body2Typography { FontSize = "0.8125rem", LineHeight = "1.5", LetterSpacing = "normal" },
            Button = new ButtonTypography
            {
                FontSize = "0.8125rem", FontWeight = "600", TextTransform = "none", LetterSpacing = "normal",
            },
            H6 = new H6Typography { FontSize = "1rem", FontWeight = "650", LineHeight = "1.4", LetterSpacing = "normal" },
            Subtitle1 = new Subtitle1Typography { FontSize = "0.875rem", LetterSpacing = "normal" },
            Caption = new CaptionTypography { FontSize = "0.75rem", LineHeight = "1.45", LetterSpacing = "normal" },
        },
        LayoutProperties = new LayoutProperties
        {
            DefaultBorderRadius = "7px",
            DrawerWidthLeft = "228px",
            AppbarHeight = "52px",
        },
    };
}
