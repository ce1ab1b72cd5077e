using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace SpidOrleans.Web.Intake;

/// <summary>What acknowledges events: they are durable.</summary>
/// <param name="Accepted">How many the request had, resends included, without those of persons who want no tracking.</param>
public sealed record TrackReceipt(int Accepted)
{
    // Nearly all requests carry few events: their answers are made once.
    private static readonly byte[][] Prebuilt = [.. Enumerable.Range(0, 65).Select(Build)];

    public static Task WriteAsync(HttpContext context, int accepted)
    {
        var body = accepted < Prebuilt.Length ? Prebuilt[accepted] : Build(accepted);
        var response = context.Response;
        response.StatusCode = StatusCodes.Status202Accepted;
        response.ContentType = "application/json";
        response.ContentLength = body.Length;
        // No token: asking for the request's makes one for each request, and a write to somebody who has gone ends by itself.
        return response.Body.WriteAsync(body, CancellationToken.None).AsTask();
    }

    private static byte[] Build(int accepted) =>
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $$"""{"accepted":{{accepted}}}"""));
}
