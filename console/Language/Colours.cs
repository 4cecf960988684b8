namespace NotifyHub.Console.Language;

public enum Colours
{
    /// <summary>Follows the operating system.</summary>
    System,
    Light,
    Dark,
}
