using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace SpidOrleans.Web.SignIn;

/// <summary>A page of our own: one document that loads nothing, runs nothing and is not framed.</summary>
internal sealed class SignInPage : IResult
{
    /// <summary>A person needs longer than a program to try again.</summary>
    private const int RetrySeconds = 5;

    private static readonly string Policy =
        $"default-src 'none'; style-src '{SignInStyle.Hash}'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    public required int Status { get; init; }

    public required string Title { get; init; }

    /// <summary>HTML; whatever came from outside is encoded in it.</summary>
    public required string Body { get; init; }

    /// <summary>Where the browser goes by itself.</summary>
    public string? GoesTo { get; init; }

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = Status;
        response.ContentType = "text/html; charset=utf-8";
        var headers = response.Headers;
        headers.CacheControl = "no-store";
        headers.ContentSecurityPolicy = Policy;
        headers.XFrameOptions = "DENY";
        // The forms' Origin would be null under no-referrer.
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        if (Status == StatusCodes.Status503ServiceUnavailable) headers.RetryAfter = RetrySeconds.ToString(CultureInfo.InvariantCulture);
        var bytes = Encoding.UTF8.GetBytes(Write());
        response.ContentLength = bytes.Length;
        await response.Body.WriteAsync(bytes, httpContext.RequestAborted);
    }

    private string Write() => $"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>{SignInPages.Encode(Title)}</title>
        {(GoesTo is null ? "" : $"<meta http-equiv=\"refresh\" content=\"0;url={SignInPages.Encode(GoesTo)}\">")}
        <style>{SignInStyle.Text}</style>
        </head>
        <body><main>
        <h1>{SignInPages.Encode(Title)}</h1>
        {Body}
        </main></body>
        </html>

        """;
}
