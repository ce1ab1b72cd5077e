using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace SpidOrleans.TestKit.StandIn;

public sealed partial class MixpanelStandIn
{
    private readonly Lock _oneAtATime = new();

    private async Task HandleAsync(HttpContext context)
    {
        var request = context.Request;
        if (HttpMethods.IsPost(request.Method) && (request.Path == "/engage" || request.Path == "/groups"))
        {
            await UnlessCutAsync(() => EngageAsync(context));
            return;
        }

        if (request.Path.StartsWithSegments(DeletionPath.TrimEnd('/'), StringComparison.Ordinal))
        {
            await UnlessCutAsync(() => DeleteAsync(context));
            return;
        }

        if (!HttpMethods.IsPost(request.Method) || request.Path != "/import")
        {
            await ComplainAsync(context, 404, $"{request.Method} {request.Path}");
            return;
        }

        if (TokenOf(request) is not { } token)
        {
            await ComplainAsync(context, 401, "no usable credentials");
            return;
        }

        _inFlight.Enter(token);
        try
        {
            await UnlessCutAsync(() => ImportAsync(context, token));
        }
        finally
        {
            _inFlight.Leave(token);
        }
    }

    private static async Task UnlessCutAsync(Func<Task> serve)
    {
        try
        {
            await serve();
        }
        catch (Exception cut) when (cut is OperationCanceledException or BadHttpRequestException or IOException)
        {
            // The sender went away in the middle of its request: nothing was stored.
        }
    }

    private async Task ImportAsync(HttpContext context, string token)
    {
        if (context.Request.Query["strict"] != "1")
        {
            await ComplainAsync(context, 400, "strict=1 is missing");
            return;
        }

        var gzip = context.Request.Headers.ContentEncoding == "gzip";
        if (await ImportBody.ReadAsync(context.Request.Body, gzip, context.RequestAborted) is not { } json)
        {
            await ComplainAsync(context, 413, $"more than {ImportBody.BytesMax} bytes");
            return;
        }

        var number = Interlocked.Increment(ref _requests);
        ImportBody body;
        Fault fault;
        try
        {
            body = ImportBody.Parse(json, token, number, Poison);
        }
        catch (JsonException)
        {
            await ComplainAsync(context, 400, "the body is not a JSON array");
            return;
        }

        if (body.Items.Count > ImportBody.EventsMax)
        {
            await ComplainAsync(context, 413, $"{body.Items.Count} events in one request");
            return;
        }

        lock (_oneAtATime)
        {
            fault = Faults.Next(new ImportRequest(number, token, body.Items.Count));
            Store(body, fault);
        }

        await AnswerAsync(context, fault, body.Items.All(item => item.Refusal is null) ? 200 : 400, body.Answer);
    }

    private void Store(ImportBody body, Fault fault)
    {
        var read = body.Items.Take(StoredBy(fault, body.Items.Count)).Where(item => item.Arrival is not null).ToList();
        Arrivals.Store(read.Where(item => item.Refusal is null).Select(item => item.Arrival!));
        Refused.Store(read.Where(item => item.Refusal is not null).Select(item => item.Arrival!));
    }

    private static int StoredBy(Fault fault, int sent) => fault switch
    {
        Fault.Throttle or Fault.ServerError or Fault.Unauthorised or Fault.TooLarge or Fault.Reset { Stored: false } => 0,
        Fault.StorePrefix prefix => prefix.Events,
        _ => sent,
    };

    private static string? TokenOf(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        if (!header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase)) return null;
        var buffer = new byte[header.Length];
        if (!Convert.TryFromBase64String(header[6..].Trim(), buffer, out var length)) return null;
        var parts = Encoding.UTF8.GetString(buffer, 0, length).Split(':', 2);
        if (parts.Length != 2 || parts[0].Length == 0) return null;
        if (parts[1].Length == 0) return parts[0];
        var project = request.Query["project_id"].ToString();
        return project.Length == 0 ? null : project;
    }
}
