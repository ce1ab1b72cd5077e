using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace SpidOrleans.TestKit.StandIn;

public sealed partial class MixpanelStandIn
{
    /// <summary>Every change of a profile carried out so far.</summary>
    public ProfileLog Profiles { get; } = new();

    /// <summary>Answers why a change of a profile is refused for good, or null.</summary>
    public Func<ProfileArrival, string?>? PoisonProfile { get; set; }

    /// <summary>Answers that changes were refused if any was, not only if all were; the good ones are carried out either way.</summary>
    public bool ComplainsOfAnyProfile { get; set; }

    /// <summary>/engage and /groups, unlike /import: no credentials but the token in each change, no gzip, and 200 whatever the body says.</summary>
    private async Task EngageAsync(HttpContext context)
    {
        var request = context.Request;
        if (request.Headers.ContentEncoding.Count > 0 || request.Query["verbose"] != "1")
        {
            await ComplainAsync(context, 400, "/engage or /groups compressed, or without verbose=1");
            return;
        }

        if (await ImportBody.ReadAsync(request.Body, gzip: false, context.RequestAborted) is not { } json)
        {
            await ComplainAsync(context, 413, $"more than {ImportBody.BytesMax} bytes");
            return;
        }

        var number = Interlocked.Increment(ref _requests);
        IReadOnlyList<EngageBody.Item> items;
        try
        {
            items = EngageBody.Parse(json, number, request.Path.StartsWithSegments("/groups"), PoisonProfile);
        }
        catch (JsonException)
        {
            await ComplainAsync(context, 400, "the body is not a JSON array");
            return;
        }

        if (items.Count > ImportBody.EventsMax)
        {
            await ComplainAsync(context, 413, $"{items.Count} changes in one request");
            return;
        }

        var token = items.Select(item => item.Arrival?.Token).FirstOrDefault(token => token is not null) ?? "";
        _inFlight.Enter(token);
        try
        {
            Fault fault;
            lock (_oneAtATime)
            {
                fault = Faults.Next(new ImportRequest(number, token, items.Count, IsEngage: true));
                Profiles.Store(items.Take(StoredBy(fault, items.Count)).Select(item => item.Arrival).OfType<ProfileArrival>());
            }

            await AnswerAsync(context, fault, 200, () => EngageBody.Answer(items, ComplainsOfAnyProfile));
        }
        finally
        {
            _inFlight.Leave(token);
        }
    }
}
