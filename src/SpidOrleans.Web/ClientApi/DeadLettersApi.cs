using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using SpidOrleans.Contracts.DeadLetters;
using SpidOrleans.Web.Admission;
using SpidOrleans.Web.Documentation;
using SpidOrleans.Web.Reading;

namespace SpidOrleans.Web.ClientApi;

/// <summary><c>/v1/dead-letters</c>: those of the client's own project.</summary>
internal static class DeadLettersApi
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/dead-letters", ListAsync).Describe("listDeadLetters", "Lists events that Mixpanel refused for good",
            "Those of the client's project, oldest first. What is asked for together must all match. How many letters one call looks at is "
            + "bounded: while the answer has next, there may be more.",
            answer: typeof(DeadLettersAnswer), refusals: [400, 401, 503], query: DeadLetterFilter.Notes);
        routes.MapGet("/dead-letters/{id}", GetAsync).Describe("getDeadLetter", "Shows a dead letter", "",
            answer: typeof(DeadLetterAnswer), refusals: [401, 404, 503]);
        routes.MapPost("/dead-letters/{id}/replay", ReplayAsync).Describe("replayDeadLetter", "Sends a refused event again",
            "Puts it at the end of its person's lane; the answer comes when that is durable. What the body names takes the place of what the "
            + "event had, by the event rules; properties take that of the sender's properties and the traits, while ids and SPiD's own stay. "
            + "404: there is no such letter any more, so a repeat of a replay whose answer was lost replays nothing twice.",
            body: typeof(RepairBody), isBodyRequired: false, answer: typeof(DeadLetterChangeAnswer), answerStatus: StatusCodes.Status202Accepted,
            refusals: [400, 401, 404, 408, 413, 415, 503]);
        routes.MapDelete("/dead-letters/{id}", DiscardAsync).Describe("discardDeadLetter", "Discards a dead letter", "",
            answer: typeof(DeadLetterChangeAnswer), refusals: [401, 404, 503]);
        routes.MapPost("/dead-letters/replay", ReplayAllAsync).Describe("replayDeadLetters", "Sends refused events again",
            "As they were, oldest first, up to 1,000 in one call and transaction. Go on with next: letters that are refused anew meanwhile are left alone.",
            answer: typeof(DeadLetterChangeAnswer), answerStatus: StatusCodes.Status202Accepted, refusals: [400, 401, 503], query: DeadLetterFilter.ChangeNotes);
        routes.MapDelete("/dead-letters", DiscardAllAsync).Describe("discardDeadLetters", "Discards dead letters",
            "Up to 1,000 in one call. Go on with next.",
            answer: typeof(DeadLetterChangeAnswer), refusals: [400, 401, 503], query: DeadLetterFilter.ChangeNotes);
    }

    private static async Task<IResult> ListAsync(HttpContext context, IGrainFactory grains)
    {
        var query = DeadLetterFilter.Read(context.Request.Query, isChange: false, out var errors);
        if (errors.Count > 0) return Problem.Invalid(errors);
        var page = await ClusterCall.OrUnavailableAsync(() => Letters(grains).ListAsync(ProjectOf(context), query));
        return page.IsUnavailable ? Problem.Unavailable() : DeadLetterJson.Of(page);
    }

    private static async Task<IResult> GetAsync(string id, HttpContext context, IGrainFactory grains)
    {
        if (!TryParse(id, out var number)) return NotFound();
        var letter = await ClusterCall.OrUnavailableAsync(() => Letters(grains).FindAsync(ProjectOf(context), number));
        return letter is null ? NotFound() : DeadLetterJson.Of(letter);
    }

    private static async Task<IResult> ReplayAsync(string id, HttpContext context, IGrainFactory grains, TimeProvider clock)
    {
        var body = await RequestBody.ReadAsync(context);
        if (body.Refusal is not null) return body.Refusal;
        var repair = RepairReader.Read(body.Bytes, clock.GetUtcNow(), out var errors);
        if (errors is not null) return Problem.Invalid(errors);
        if (!TryParse(id, out var number)) return NotFound();
        // Not again by itself: had it been done, the repeat would find nothing.
        var outcome = await ClusterCall.OrUnavailableAsync(() => Letters(grains).ReplayAsync(ProjectOf(context), number, repair), isRepeatable: false);
        return Answer(outcome, StatusCodes.Status202Accepted);
    }

    private static async Task<IResult> DiscardAsync(string id, HttpContext context, IGrainFactory grains)
    {
        if (!TryParse(id, out var number)) return NotFound();
        var outcome = await ClusterCall.OrUnavailableAsync(() => Letters(grains).DiscardAsync(ProjectOf(context), number), isRepeatable: false);
        return Answer(outcome, StatusCodes.Status200OK);
    }

    private static Task<IResult> ReplayAllAsync(HttpContext context, IGrainFactory grains) =>
        ChangeAsync(context, query => Letters(grains).ReplayAllAsync(ProjectOf(context), query), StatusCodes.Status202Accepted);

    private static Task<IResult> DiscardAllAsync(HttpContext context, IGrainFactory grains) =>
        ChangeAsync(context, query => Letters(grains).DiscardAllAsync(ProjectOf(context), query), StatusCodes.Status200OK);

    private static async Task<IResult> ChangeAsync(HttpContext context, Func<DeadLetterQuery, Task<DeadLetterChange>> change, int status)
    {
        var query = DeadLetterFilter.Read(context.Request.Query, isChange: true, out var errors);
        if (errors.Count > 0) return Problem.Invalid(errors);
        var changed = await ClusterCall.OrUnavailableAsync(() => change(query));
        return changed.IsUnavailable ? Problem.Unavailable() : AnswerJson.Write(new DeadLetterChangeAnswer(changed.Count, changed.Next?.ToString()), status);
    }

    private static IResult Answer(DeadLetterOutcome outcome, int status) => outcome switch
    {
        DeadLetterOutcome.Done => AnswerJson.Write(new DeadLetterChangeAnswer(1, null), status),
        DeadLetterOutcome.NotFound => NotFound(),
        DeadLetterOutcome.NotRepairable => Problem.Invalid("$", "A change of a profile is replayed without a body, or discarded."),
        _ => Problem.Unavailable(),
    };

    private static IDeadLetterGrain Letters(IGrainFactory grains) => grains.GetGrain<IDeadLetterGrain>(Random.Shared.Next());

    private static string ProjectOf(HttpContext context) => context.GetClient().Source.Project;

    private static Problem NotFound() => new() { Status = StatusCodes.Status404NotFound, Detail = "The project has no such dead letter, or no more." };

    private static bool TryParse(string id, out long number) =>
        long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number is > 0 and < long.MaxValue;
}
