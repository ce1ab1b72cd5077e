using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace SpidOrleans.BrowserTests.StandIn;

public sealed partial class SessionStandIn
{
    private const string Cookie = "SPID_VISITOR";

    private static readonly Lazy<string> Sdk = new(() => Read("spid-sdk.js"));

    /// <summary>The SDK's types.</summary>
    public static string Types => Read("spid-sdk.d.ts");

    private static string Read(string name)
    {
        using var file = typeof(SessionStandIn).Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"{name} is not embedded.");
        using var reader = new StreamReader(file);
        return reader.ReadToEnd();
    }

    private void Map()
    {
        _app.MapGet("/page", Page);
        _app.MapGet("/elsewhere", () => Results.Content("<!doctype html><title>Elsewhere</title>", "text/html"));
        _app.MapGet("/favicon.ico", () => Results.NoContent());
        _app.MapGet("/js/spid-sdk.js", () => Results.Text(Sdk.Value, "text/javascript"));
        _app.MapGet("/rpc/hasSession.js", (Delegate)((HttpContext context) => AnswerSessionAsync(context, isCore: false)));
        _app.MapGet("/ajax/hasSession.js", (Delegate)((HttpContext context) => AnswerSessionAsync(context, isCore: true)));
        MapScripts();
        _app.MapPost("/v1/collect", (Delegate)CollectAsync);
        _app.MapPost("/v1/collect/consent", (Delegate)ConsentAsync);
    }

    private IResult Page(HttpContext context)
    {
        context.Response.Headers.ContentSecurityPolicy =
            $"default-src 'none'; script-src 'self' {Origin(Cluster)}; connect-src {Origin(Cluster)}";
        return Results.Content($"<!doctype html><title>A site</title><script src=\"{Origin(Cluster)}/js/spid-sdk.js\"></script>", "text/html");
    }

    private async Task<IResult> AnswerSessionAsync(HttpContext context, bool isCore)
    {
        Interlocked.Increment(ref _sessionCalls);
        Pulse();
        if (Session == SessionMode.Hangs)
        {
            await _released.Task.WaitAsync(context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return Results.StatusCode(503);
        }

        if (Session == SessionMode.Refuses) return Results.StatusCode(503);
        var visitor = context.Request.Cookies[Cookie] ?? Guid.NewGuid().ToString();
        context.Response.Cookies.Append(Cookie, visitor, new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Lax, Path = "/" });
        return Script(context, Answer(visitor, sendsToCore: Session == SessionMode.SendsToCore && !isCore));
    }

    private JsonObject Answer(string visitor, bool sendsToCore)
    {
        var now = TimeProvider.System.GetUtcNow() + ClockAhead;
        var session = new JsonObject
        {
            ["result"] = User is not null,
            ["serverTime"] = now.ToUnixTimeSeconds(),
            ["serverTimeMs"] = now.ToUnixTimeMilliseconds(),
            ["expiresIn"] = ExpiresInSeconds,
            ["visitor"] = new JsonObject { ["uid"] = visitor },
        };
        if (User is null || sendsToCore)
        {
            session["result"] = false;
            var type = sendsToCore ? "LoginException" : "UserException";
            return new JsonObject
            {
                ["error"] = new JsonObject { ["code"] = 401, ["type"] = type, ["description"] = "No session found!" },
                ["response"] = session,
            };
        }

        session["visitor"]!["user_id"] = User;
        session["userStatus"] = "connected";
        session["userId"] = User;
        session["id"] = $"id-{User}";
        session["uuid"] = $"uuid-{User}";
        session["sp_id"] = $"sp-{User}";
        session["sig"] = $"sig-{User}";
        if (Tracking is { } tracking) session["tracking"] = tracking;
        return session;
    }

    private async Task<IResult> CollectAsync(HttpContext context)
    {
        context.Response.Headers.AccessControlAllowOrigin = context.Request.Headers.Origin;
        context.Response.Headers.AccessControlAllowCredentials = "true";
        context.Response.Headers.AccessControlExposeHeaders = "Retry-After";
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        var body = await reader.ReadToEndAsync(context.RequestAborted);
        // A beacon's type arrives in lower case.
        if (!"text/plain;charset=UTF-8".Equals(context.Request.ContentType, StringComparison.OrdinalIgnoreCase)) return Results.StatusCode(415);
        var events = JsonNode.Parse(body)!["events"]!.AsArray();

        if (_faults.TryDequeue(out var fault) || (fault = Standing) is not null)
        {
            Record(events, fault.StoresFirst);
            if (fault.Hangs) await _released.Task.WaitAsync(context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (fault.Status is not { } status)
            {
                context.Abort();
                return Results.Empty;
            }

            if (fault.RetryAfter is not null) context.Response.Headers.RetryAfter = fault.RetryAfter;
            return Results.Text(fault.Problem, "application/problem+json", statusCode: status);
        }

        var refusal = Refusal(context, events);
        Record(events, isStored: refusal is null);
        return refusal ?? Results.Json(new { accepted = events.Count }, statusCode: 202);
    }

    private async Task<IResult> ConsentAsync(HttpContext context)
    {
        context.Response.Headers.AccessControlAllowOrigin = context.Request.Headers.Origin;
        context.Response.Headers.AccessControlAllowCredentials = "true";
        var tracking = (bool)(await JsonNode.ParseAsync(context.Request.Body))!["tracking"]!;
        lock (_lock) _consents.Add(tracking);
        Pulse();
        return Results.Json(new { tracking });
    }

    private IResult? Refusal(HttpContext context, JsonArray events)
    {
        if (!context.Request.Cookies.ContainsKey(Cookie)) return Results.Text("{}", "application/problem+json", statusCode: 401);
        if (events.Count > EventsMax) return Results.Text("{}", "application/problem+json", statusCode: 413);
        var errors = new JsonObject();
        for (var i = 0; i < events.Count; i++)
            if ((string?)events[i]!["event"] == Poison)
                errors[$"events[{i}].event"] = new JsonArray("is poison");
        return errors.Count == 0
            ? null
            : Results.Text(new JsonObject { ["errors"] = errors }.ToJsonString(), "application/problem+json", statusCode: 400);
    }

    private void Record(JsonArray events, bool isStored)
    {
        lock (_lock)
        {
            _requests.Add(TimeProvider.System.GetUtcNow());
            _arrivals.AddRange(events.Select(node => new Arrival(
                _requests.Count, isStored, (string)node!["event"]!, (string?)node["visitorId"], (long)node["time"]!,
                (string)node["insertId"]!, node["properties"]!.ToJsonString())));
        }

        Pulse();
    }

    private void Pulse()
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            changed = _changed;
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.TrySetResult();
    }

    private static string Origin(Uri uri) => uri.GetLeftPart(UriPartial.Authority);
}
