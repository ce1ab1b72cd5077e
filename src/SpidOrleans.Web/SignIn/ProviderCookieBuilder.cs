using Microsoft.AspNetCore.Http;

namespace SpidOrleans.Web.SignIn;

/// <summary>The cookies that bind a way through the provider to the browser that began it.</summary>
internal sealed class ProviderCookieBuilder : CookieBuilder
{
    public ProviderCookieBuilder(string name)
    {
        Name = name;
        Path = ProviderHandler.CallbackPath;
        HttpOnly = true;
        SameSite = SameSiteMode.Lax;
        IsEssential = true;
    }

    public override CookieOptions Build(HttpContext context, DateTimeOffset expiresFrom)
    {
        var options = base.Build(context, expiresFrom);
        options.Secure = OwnCookies.AreSecure(context.Request);
        // Seconds from now rather than a time of day: browsers' clocks are not ours.
        if (options.Expires is { } end && end > expiresFrom) (options.MaxAge, options.Expires) = (end - expiresFrom, null);
        return options;
    }
}
