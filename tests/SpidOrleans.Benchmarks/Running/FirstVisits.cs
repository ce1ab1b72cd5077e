using SpidOrleans.Benchmarks.Load;
using SpidOrleans.TestKit.Sending;

namespace SpidOrleans.Benchmarks.Running;

/// <summary>Makes visitors known: each gets its cookie from the silo as a browser does, at its first visit, and some log in.</summary>
internal static class FirstVisits
{
    /// <summary>Enough to keep the silo busy.</summary>
    private const int AtOnce = 32;

    private static readonly Uri Look = new(SitePage.PathAndQuery, UriKind.Relative), LookAtCore = new(SitePage.CorePathAndQuery, UriKind.Relative);

    /// <exception cref="UnexpectedAnswerException">The silo gave no cookie, or not the login that was asked for.</exception>
    public static async Task<KnownVisitors> MakeAsync(Uri silo, int count, int signedInPercent)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = silo };
        foreach (var (name, value) in SitePage.Headers) http.DefaultRequestHeaders.TryAddWithoutValidation(name, value);
        using var backEnd = new BackEnd(silo, SitePage.Client);
        var cookies = new string[count];
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (visitor, _) =>
        {
            cookies[visitor] = await VisitAsync(http, Look);
            if (!KnownVisitors.IsSignedIn(visitor, signedInPercent)) return;
            await LogInAsync(backEnd, cookies[visitor][..KnownVisitors.IdLength], KnownVisitors.UserOf(visitor));
            cookies[visitor] = await VisitAsync(http, LookAtCore, cookies[visitor]);
        });
        return new KnownVisitors(cookies, signedInPercent);
    }

    /// <returns>The cookie that the visit ended with.</returns>
    private static async Task<string> VisitAsync(HttpClient http, Uri address, string? cookie = null)
    {
        const string Start = SitePage.CookieName + "=";
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (cookie is not null) request.Headers.Add("Cookie", Start + cookie);
        using var answer = await http.SendAsync(request);
        var given = answer.Headers.TryGetValues("Set-Cookie", out var set) ? set.FirstOrDefault(one => one.StartsWith(Start, StringComparison.Ordinal)) : null;
        return given is not null
            ? given[Start.Length..given.IndexOf(';', StringComparison.Ordinal)]
            : throw new UnexpectedAnswerException($"{address.OriginalString[..6]}… was answered {(int)answer.StatusCode} without a cookie.");
    }

    private static async Task LogInAsync(BackEnd backEnd, string visitor, string user)
    {
        var answer = await backEnd.LoginUntilAcceptedAsync(visitor, new LoginCall { UserId = user });
        if (answer.VisitorId != visitor || answer.UserId != user) throw new UnexpectedAnswerException($"A login was answered {answer}.");
    }
}
