using System.Collections.Frozen;
using System.Collections.Immutable;
using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace SpidOrleans.Web.Browser;

/// <summary>The files of <c>wwwroot</c>, which are part of the assembly, compressed once at start.</summary>
internal sealed class EmbeddedAssets
{
    private const string Root = "wwwroot/";
    private const string Brotli = "br";
    private const string GZip = "gzip";

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
                return Asset.Of(bytes, TypeOf(name));
            });
    }

    /// <summary>The paths below <c>wwwroot</c> that begin so.</summary>
    public IEnumerable<string> Below(string folder) => _assets.Keys.Where(path => path.StartsWith(folder, StringComparison.Ordinal)).Order();

    public async Task WriteAsync(HttpContext context, string path, string cacheControl)
    {
        var asset = _assets[path];
        var form = asset.Choose(context.Request.Headers.AcceptEncoding);
        var response = context.Response;
        response.Headers.ETag = form.Tag;
        response.Headers.CacheControl = cacheControl;
        response.Headers.Vary = HeaderNames.AcceptEncoding;
        if (Matches(context.Request.Headers.IfNoneMatch, form.Tag))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        response.ContentType = asset.ContentType;
        if (form.Coding is not null) response.Headers.ContentEncoding = form.Coding;
        response.ContentLength = form.Bytes.Length;
        if (!HttpMethods.IsHead(context.Request.Method)) await response.Body.WriteAsync(form.Bytes, context.RequestAborted);
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

    /// <summary>The same bytes as they can leave; each has a tag of its own, since a cache must not take one for the other.</summary>
    /// <param name="Coding">As <c>Content-Encoding</c> names it; null: as they are.</param>
    private sealed record Form(string? Coding, byte[] Bytes, string Tag);

    /// <param name="Forms">The smallest first; the last is the plain one.</param>
    private sealed record Asset(string ContentType, ImmutableArray<Form> Forms)
    {
        public static Asset Of(byte[] bytes, string contentType)
        {
            var digest = Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 16));
            Form[] packed = [Pack(Brotli, target => new BrotliStream(target, CompressionLevel.SmallestSize)), Pack(GZip, target => new GZipStream(target, CompressionLevel.SmallestSize))];
            // Pictures only grow.
            return new Asset(contentType, [.. packed.Where(form => form.Bytes.Length < bytes.Length), new Form(null, bytes, $"\"{digest}\"")]);

            Form Pack(string coding, Func<Stream, Stream> open)
            {
                using var target = new MemoryStream();
                using (var packer = open(target)) packer.Write(bytes);
                return new Form(coding, target.ToArray(), $"\"{digest}-{coding}\"");
            }
        }

        /// <summary>The smallest that the caller takes, as far as it says so.</summary>
        public Form Choose(StringValues acceptEncoding)
        {
            if (acceptEncoding.Count == 0 || !StringWithQualityHeaderValue.TryParseList([.. acceptEncoding!], out var accepted)) return Forms[^1];
            foreach (var form in Forms)
            {
                if (form.Coding is null || Takes(accepted, form.Coding)) return form;
            }

            return Forms[^1];
        }

        /// <summary>What is not named is taken only where everything is, and what is named with 0 never.</summary>
        private static bool Takes(IList<StringWithQualityHeaderValue> accepted, string coding)
        {
            var named = accepted.FirstOrDefault(one => one.Value.Equals(coding, StringComparison.OrdinalIgnoreCase))
                ?? accepted.FirstOrDefault(one => one.Value == "*");
            return named is not null && named.Quality is not <= 0;
        }
    }
}
