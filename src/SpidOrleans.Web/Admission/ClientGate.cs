using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using SpidOrleans.Web.Configuration;

namespace SpidOrleans.Web.Admission;

/// <summary><c>Limits:RequestsPerClient</c>: each client's share of what this host does at once.</summary>
public sealed class ClientGate(SpidSettings settings, Refusals refusals, TimeProvider clock)
{
    private static readonly Problem Crowded = Problem.TooManyRequests("Too many requests of this client are under way (Limits:RequestsPerClient).", retryAfterSeconds: 1);

    /// <summary>Kept back before it is told: who answers a refusal with the next request at once would else have the host do nothing but refuse.</summary>
    private static readonly TimeSpan RefuseAfter = TimeSpan.FromMilliseconds(250);

    // One per configured client or project: bounded by the configuration.
    private readonly ConcurrentDictionary<string, ClientShare> _shares = new(StringComparer.Ordinal);

    /// <param name="sender">A client's id; or a project's name, where nobody can tell which of its clients sends.</param>
    internal ClientShare Of(string sender) =>
        _shares.TryGetValue(sender, out var share) ? share : _shares.GetOrAdd(sender, _ => new ClientShare(settings.Limits.RequestsPerClient, clock));

    /// <summary>Waits for room that there was not at once.</summary>
    /// <returns>Null when there is; else the refusal.</returns>
    internal async Task<Problem?> WaitAsync(HttpContext context, string sender, ClientShare share, int weight)
    {
        if (await share.WaitAsync(weight, context.RequestAborted)) return null;
        await Task.Delay(RefuseAfter, clock, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return Refuse(sender);
    }

    /// <summary>The refusal of whoever found no room.</summary>
    internal Problem Refuse(string sender)
    {
        refusals.Count(RefusalReason.ClientRequests, sender);
        return Crowded;
    }

    /// <summary>For whatever a client's credentials open, but the events, which see to it themselves.</summary>
    internal async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Features.Get<Client>() is not { } client || context.GetEndpoint()?.Metadata.GetMetadata<EntersItself>() is not null)
        {
            await next(context);
            return;
        }

        var share = Of(client.Id);
        var weight = share.Weigh(HttpMethods.IsGet(context.Request.Method) ? 0 : context.Request.ContentLength);
        if (!share.TryEnter(weight) && await WaitAsync(context, client.Id, share, weight) is { } refusal)
        {
            await refusal.ExecuteAsync(context);
            return;
        }

        try
        {
            await next(context);
        }
        finally
        {
            share.Leave(weight);
        }
    }

    /// <summary>Marks endpoints that ask for room where they have most to gain by it.</summary>
    internal sealed record EntersItself;
}
