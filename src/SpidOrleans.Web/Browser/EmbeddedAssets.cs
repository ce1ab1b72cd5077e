using System.Collections.Frozen;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace SpidOrleans.Web.Browser;

/// <summary>The files of <c>wwwroot</c>, which are part of the assembly.</summary>
internal sealed class EmbeddedAssets
{
    private const string Root = "wwwroot/";

    private readonly FrozenDictionary<string, Asset> _assets;

    public EmbeddedAssets()
    {
        var assembly = typeof(EmbeddedAssets).Assembly;
        _assets = assembly.GetManifestResourceNames()
            .Select(name => name.Replace('\\', '/'))
            .Where(name => name.StartsWith(Root, StringComparison.Ordinal))
            .ToFrozenDictionary(name => name[Root.Length..], name =>
            {
                using var stream = assembly.GetManifestResourceStream(name)!;
                var bytes = new byte[stream.Length];
                stream.ReadExactly(bytes);
                return new Asset(bytes, $"\"{Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 16))}\"", TypeOf(name));
            });
    }

    /// <summary>The paths below <c>wwwroot</c> that begin so.</summary>
    public IEnumerable<string> Below(string folder) => _assets.Keys.Where(path => path.StartsWith(folder, StringComparison.Ordinal)).Order();

    public async Task WriteAsync(HttpContext context, string path, string cacheControl)
    {
        var asset = _assets[path];
        var response = context.Response;
        response.Headers.ETag = asset.Tag;
        response.Headers.CacheControl = cacheControl;
        if (Matches(context.Request.Headers.IfNoneMatch, asset.Tag))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        response.ContentType = asset.ContentType;
        response.ContentLength = asset.Bytes.Length;
        if (!HttpMethods.IsHead(context.Request.Method)) await response.Body.WriteAsync(asset.Bytes, context.RequestAborted);
    }

    private static bool Matches(StringValues header, string tag) =>
        header.ToString().Split(',', StringSplitOptions.TrimEntries).Any(known => known == "*" || known == tag || known == "W/" + tag);

    private static string TypeOf(string name) => Path.GetExtension(name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".svg" => "image/svg+xml",
        ".png" => "image/png",
        ".ico" => "image/x-icon",
        _ => "text/plain; charset=utf-8",
    };

    private sealed record Asset(byte[] Bytes, string Tag, string ContentType);
}
