using System.Net.Sockets;
using System.Text.Json;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace SpidOrleans.TestKit.StandIn;

public sealed partial class MixpanelStandIn
{
    private static async Task AnswerAsync(HttpContext context, Fault fault, int status, Func<byte[]> answer)
    {
        switch (fault)
        {
            case Fault.Throttle throttle:
                if (throttle.RetryAfter is { } after) context.Response.Headers.RetryAfter = $"{Math.Ceiling(after.TotalSeconds)}";
                await WriteAsync(context, 429, """{"code":429,"error":"Project exceeded rate limits","status":"Too Many Requests"}"""u8.ToArray());
                break;
            case Fault.Unauthorised:
                await WriteAsync(context, 401, """{"code":401,"error":"Invalid credentials","status":"Unauthorized"}"""u8.ToArray());
                break;
            case Fault.TooLarge:
                await WriteAsync(context, 413, """{"code":413,"error":"request exceeds max limit of 2097152 bytes","status":"Request Entity Too Large"}"""u8.ToArray());
                break;
            case Fault.ServerError error:
                await WriteAsync(context, error.Status, "<html><body>upstream connect error</body></html>"u8.ToArray(), "text/html");
                break;
            case Fault.StorePrefix:
                await WriteAsync(context, 500, "<html><body>internal error</body></html>"u8.ToArray(), "text/html");
                break;
            case Fault.Reset:
                Cut(context);
                break;
            case Fault.HoldAnswer hold:
                await Task.Delay(hold.Longest, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                Cut(context);
                break;
            default:
                await WriteAsync(context, status, answer());
                break;
        }
    }

    private static void Cut(HttpContext context)
    {
        // No lingering: the sender sees a reset, not an orderly end.
        if (context.Features.Get<IConnectionSocketFeature>() is { } connection)
            connection.Socket.LingerState = new LingerOption(true, 0);
        context.Abort();
    }

    private async Task ComplainAsync(HttpContext context, int status, string complaint)
    {
        _complaints.Enqueue($"{status}: {complaint}");
        await WriteAsync(context, status, JsonSerializer.SerializeToUtf8Bytes(new { code = status, error = complaint, status = "Bad Request" }));
    }

    private static async Task WriteAsync(HttpContext context, int status, byte[] body, string contentType = "application/json")
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }
}
