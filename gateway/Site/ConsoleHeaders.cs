namespace NotifyHub.Gateway.Site;

/// <summary>What a browser may do with the console's pages.</summary>
internal static class ConsoleHeaders
{
    // wasm-unsafe-eval compiles the console itself, and allows no eval of text. Inline styles are how the component library
    // places menus and dialogs; scripts have no such exception. The live test opens WebSockets of any grid, hence the two
    // schemes.
    private const string ContentPolicy =
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        + "font-src 'self' data:; "
        + "connect-src 'self' ws: wss:; manifest-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

    public static void Write(IHeaderDictionary headers, bool strict)
    {
        if (strict) headers.StrictTransportSecurity = "max-age=31536000";
        headers.ContentSecurityPolicy = ContentPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), payment=(), usb=()";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
    }
}
