using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using SpidOrleans.Web.Admission;
using SpidOrleans.Web.Configuration;
using SpidOrleans.Web.Demo;
using SpidOrleans.Web.SignIn;

namespace SpidOrleans.Web.Operators;

/// <summary>
/// Who may see what is for operators: whoever knows <c>Console:Password</c>, by HTTP Basic under any name; without one, this machine
/// alone. Browsers add either to whatever a foreign page makes them ask, so those are refused first.
/// </summary>
internal sealed class OperatorLock(SpidSettings settings, TimeProvider clock)
{
    private readonly WrongGuesses _wrong = new(clock);

    public OperatorEntry Check(HttpContext context)
    {
        if (IsOfForeignPage(context.Request)) return OperatorEntry.ForeignPage;
        if (settings.Console.PasswordHash is not { } expected) return IsThisMachine(context) ? OperatorEntry.Open : OperatorEntry.ThisMachineOnly;

        var header = context.Request.Headers.Authorization.ToString();
        if (!BasicCredentials.TryRead(header, out _, out var password)) return OperatorEntry.Unproven;
        var caller = context.Connection.RemoteIpAddress;
        if (_wrong.AreTooMany(caller)) return OperatorEntry.TooManyGuesses;
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(password, hash);
        if (CryptographicOperations.FixedTimeEquals(hash, expected)) return OperatorEntry.Open;
        _wrong.Count(caller);
        return OperatorEntry.Unproven;
    }

    /// <summary>A proxy named in <c>Proxies</c> makes the host reachable even if it says nothing. One that is not named and adds no
    /// header still gives itself away where it is nginx as it comes: HTTP/1.0.</summary>
    private bool IsThisMachine(HttpContext context) =>
        settings.Proxies.IsEmpty && OwnPage.IsFromThisMachine(context) && !HttpProtocol.IsHttp10(context.Request.Protocol);

    /// <summary>Another site's page may lead here, and nothing more. What is no browser says nothing of pages.</summary>
    private static bool IsOfForeignPage(HttpRequest request)
    {
        var headers = request.Headers;
        if (headers.Origin.ToString() is { Length: > 0 } origin && origin != OwnCookies.Origin(request) && origin != $"{request.Scheme}://{request.Host}")
            return true;
        if (headers["Sec-Fetch-Site"].ToString() is "" or "same-origin" or "none") return false;
        var isVisit = headers["Sec-Fetch-Mode"].ToString() is "navigate" && headers["Sec-Fetch-Dest"].ToString() is "document";
        return !isVisit || !HttpMethods.IsGet(request.Method);
    }
}
