namespace NotifyHub.Gateway.Api;

internal static class Characters
{
    public static int CountLowSurrogates(this ReadOnlySpan<char> text)
    {
        var count = 0;
        foreach (var unit in text)
        {
            if (char.IsLowSurrogate(unit)) count++;
        }

        return count;
    }
}
