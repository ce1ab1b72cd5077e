using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace SpidOrleans.BrowserTests.StandIn;

/// <summary>The scripts beside the session's.</summary>
public sealed partial class SessionStandIn
{
    private readonly ConcurrentQueue<(string Name, IReadOnlyDictionary<string, string> Query)> _scripts = new();

    /// <summary>What the signed-in user has.</summary>
    public HashSet<string> Products { get; } = [];

    /// <summary>What the answers say in <c>tracking</c>; null: nothing.</summary>
    public bool? Tracking { get; set; }

    public int ExpiresInSeconds { get; set; } = 300;

    /// <summary>Name and query of each request below <c>/ajax</c> but hasSession, in order.</summary>
    public IReadOnlyList<(string Name, IReadOnlyDictionary<string, string> Query)> Scripts => [.. _scripts];

    private void MapScripts()
    {
        _app.MapGet("/ajax/hasproduct.js", (HttpContext context) => Note(context, AnswerProduct(context, "productId")));
        _app.MapGet("/ajax/hassubscription.js", (HttpContext context) => Note(context, AnswerProduct(context, "subscriptionId")));
        _app.MapGet("/ajax/traits.js", (HttpContext context) => Note(context, new JsonObject { ["Newsletter"] = true }));
        _app.MapGet("/ajax/acceptAgreement.js", (HttpContext context) => Note(context, Done()));
        _app.MapGet("/ajax/logout.js", (HttpContext context) =>
        {
            User = null;
            context.Response.Cookies.Append(Cookie, Guid.NewGuid().ToString());
            return Note(context, Done());
        });
    }

    private JsonObject AnswerProduct(HttpContext context, string field)
    {
        var answer = Answer(context.Request.Cookies[Cookie] ?? "", sendsToCore: false);
        if (User is null) return answer;
        var id = context.Request.Query["product_id"].ToString();
        answer["productId"] = id;
        answer[field] = id;
        answer["result"] = Products.Contains(id);
        return answer;
    }

    private static JsonObject Done() => new() { ["response"] = new JsonObject { ["result"] = true } };

    private IResult Note(HttpContext context, JsonObject answer)
    {
        _scripts.Enqueue((Path.GetFileNameWithoutExtension(context.Request.Path.Value!),
            context.Request.Query.ToDictionary(pair => pair.Key, pair => pair.Value.ToString())));
        return Script(context, answer);
    }

    private static IResult Script(HttpContext context, JsonObject answer) => Results.Text(
        $"/**/window.SPiD&&SPiD.Talk&&SPiD.Talk.response({JsonSerializer.Serialize(context.Request.Query["callback"].ToString())},{answer.ToJsonString()});",
        "text/javascript");
}
