using System.Net;

namespace SpidOrleans.Mixpanel.Delivery;

/// <summary>
/// Reads the answer's body where it decides the outcome. It sits inside the time-out, which therefore covers a server that
/// sends its headers and then stalls. Other bodies stay unread: a 413 or 401 holds whatever becomes of its page.
/// </summary>
internal sealed class WholeAnswerHandler : DelegatingHandler
{
    /// <summary>Longer answers fail: 2,000 refusals come to less than half of this.</summary>
    public const int AnswerBytesMax = 1 << 20;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var answer = await base.SendAsync(request, cancellationToken);
        if (answer.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.BadRequest)) return answer;
        try
        {
            await answer.Content.LoadIntoBufferAsync(AnswerBytesMax, cancellationToken);
            return answer;
        }
        catch
        {
            answer.Dispose();
            throw;
        }
    }
}
