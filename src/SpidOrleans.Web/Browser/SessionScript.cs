using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace SpidOrleans.Web.Browser;

/// <summary>JSONP for both generations of SDKs in one body.</summary>
internal static partial class SessionScript
{
    /// <summary>SDK 1.x logs out without one: what it waits for is that the script has run.</summary>
    private const string WithoutCallback = """
        /**/window.triggerResponse = function () {
          if (parent.VGS && parent.VGS.Ajax) parent.VGS.Ajax.responseReceived();
        };

        """;

    /// <summary>What the SDKs make, and nothing that could be a program.</summary>
    [GeneratedRegex(@"\A[A-Za-z_$][0-9A-Za-z_$]{0,63}\z")]
    public static partial Regex Callback { get; }

    /// <summary>Answers with this body, under a status that is 200 whatever it says: scripts with another do not run.</summary>
    /// <param name="callback">Matches <see cref="Callback"/>, or is empty.</param>
    /// <param name="crossSite">Pages of other sites may load it.</param>
    public static Task WriteAsync(HttpContext context, string callback, ReadOnlyMemory<byte> json, bool crossSite = false)
    {
        WriteHeaders(context.Response.Headers, crossSite);
        var body = Write(callback, json);
        context.Response.ContentLength = body.Length;
        return context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    /// <summary>1.x looks for a global <c>triggerResponse</c> once the script has loaded; 2.x wants <c>SPiD.Talk</c> called at once.
    /// The comment in front keeps the callback's name from being the body's first bytes.</summary>
    private static byte[] Write(string callback, ReadOnlyMemory<byte> json)
    {
        if (callback.Length == 0) return Encoding.ASCII.GetBytes(WithoutCallback);
        var before = $$"""
            /**/(function (answer) {
              window.triggerResponse = function () {
                if (window.VGS && VGS.callbacks && VGS.callbacks["{{callback}}"]) {
                  VGS.callbacks["{{callback}}"](answer);
                  if (parent.VGS && parent.VGS.Ajax) parent.VGS.Ajax.responseReceived();
                }
              };
              if (window.SPiD && SPiD.Talk) SPiD.Talk.response("{{callback}}", answer);
            })(
            """;
        return [.. Encoding.ASCII.GetBytes(before), .. json.Span, .. ");\n"u8];
    }

    /// <summary>For whatever is loaded as a script and names what is somebody's.</summary>
    public static void WriteHeaders(IHeaderDictionary headers, bool crossSite)
    {
        headers.ContentType = "text/javascript; charset=utf-8";
        headers.CacheControl = "private, no-store";
        headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
        // Whoever follows a link to it gets a file, not a page of this host.
        headers.ContentDisposition = "attachment; filename=\"f.txt\"";
        headers.Vary = "Cookie, Referer, Sec-Fetch-Site, Sec-Fetch-Dest";
        // Cross-origin would let every page of the web load the script; same-origin would shut out the client's own.
        headers["Cross-Origin-Resource-Policy"] = crossSite ? "cross-origin" : "same-site";
        headers["Referrer-Policy"] = "no-referrer";
    }
}
