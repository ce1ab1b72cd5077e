using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using SpidOrleans.Contracts.DeadLetters;
using SpidOrleans.Contracts.Operations;
using SpidOrleans.Web.Configuration;
using SpidOrleans.Web.Operators.Pages;
using SpidOrleans.Web.Reading;
using SpidOrleans.Web.SignIn;

namespace SpidOrleans.Web.Operators;

/// <summary><c>/console/dead-letters</c>: by the same grain as <c>/v1/dead-letters</c>, for every project.</summary>
internal sealed class LettersApi(IGrainFactory grains, SpidSettings settings, FormGuard forms, TimeProvider clock)
{
    private const string Root = ConsoleApi.Root + "/dead-letters";
    private const int PageMax = 50;

    public void Map(IEndpointRouteBuilder console)
    {
        console.MapGet("/dead-letters", (Delegate)ListAsync);
        console.MapPost("/dead-letters", (Delegate)ChangeAllAsync);
        console.MapGet("/dead-letters/{project}/{id:long}", (Delegate)ShowAsync);
        console.MapPost("/dead-letters/{project}/{id:long}", (Delegate)ChangeAsync);
    }

    private async Task<IResult> ListAsync(HttpContext context, string? note)
    {
        var search = LetterSearch.Read(name => context.Request.Query[name]);
        var projects = settings.Cluster.Projects.Keys.Order(StringComparer.Ordinal).ToList();
        var project = search.Project is { } named && projects.Contains(named) ? named : projects[0];
        var page = search.IsPossible ? await OrUnavailableAsync(() => Letters.ListAsync(project, search.ToQuery(PageMax))) : new DeadLetterPage();
        return new OperatorPage<LettersPage>(new()
        {
            [nameof(LettersPage.Projects)] = projects,
            [nameof(LettersPage.Search)] = search with { Project = project },
            [nameof(LettersPage.Page)] = page,
            [nameof(LettersPage.Token)] = forms.Issue(context, Root),
            [nameof(LettersPage.FieldName)] = FormGuard.Field,
            [nameof(LettersPage.Note)] = Notes.TextOf(note),
        });
    }

    private async Task<IResult> ShowAsync(HttpContext context, string project, long id, string? note) => await PageAsync(context, project, id, Notes.TextOf(note), null);

    private async Task<IResult> PageAsync(HttpContext context, string project, long id, string? note, string? properties)
    {
        DeadLetter? letter = null;
        var isUnavailable = false;
        try
        {
            if (settings.Cluster.Projects.ContainsKey(project)) letter = await Letters.FindAsync(project, id).WaitAsync(OperationsLimits.AnswerWithin, clock);
        }
        catch (Exception)
        {
            isUnavailable = true;
        }

        return new OperatorPage<LetterPage>(
            new()
            {
                [nameof(LetterPage.Project)] = project,
                [nameof(LetterPage.Id)] = id,
                [nameof(LetterPage.Letter)] = letter,
                [nameof(LetterPage.IsUnavailable)] = isUnavailable,
                [nameof(LetterPage.Properties)] = properties ?? (letter is null ? "" : Payloads.OwnProperties(letter.Payload, IsOfTheServer)),
                [nameof(LetterPage.Token)] = forms.Issue(context, Links.Letter(project, id)),
                [nameof(LetterPage.FieldName)] = FormGuard.Field,
                [nameof(LetterPage.Note)] = note,
            },
            letter is null && !isUnavailable ? StatusCodes.Status404NotFound : StatusCodes.Status200OK);
    }

    private async Task<IResult> ChangeAsync(HttpContext context, string project, long id)
    {
        var (form, refusal) = await SmallForms.ReadAsync(context);
        if (form is null) return refusal!;
        var path = Links.Letter(project, id);
        if (!forms.IsGenuine(context, path, form[FormGuard.Field])) return ConsoleApi.Back(path, Notes.Expired);
        if (!settings.Cluster.Projects.ContainsKey(project)) return ConsoleApi.Back(Root, Notes.Gone);
        EventRepair? repair = null;
        if (form["do"] == "repair")
        {
            var body = Encoding.UTF8.GetBytes($"{{\"properties\":{form["properties"] ?? "{}"}}}");
            repair = RepairReader.Read(body, clock.GetUtcNow(), out var errors);
            if (errors is not null) return await PageAsync(context, project, id, "Nothing was done: " + string.Join(" ", errors.Select(error => $"{error.Key}: {string.Join(", ", error.Value)}.")), form["properties"]);
        }

        var outcome = await OutcomeAsync(() => form["do"] == "discard" ? Letters.DiscardAsync(project, id) : Letters.ReplayAsync(project, id, repair));
        return outcome switch
        {
            DeadLetterOutcome.Done => ConsoleApi.Back($"{Root}?project={Uri.EscapeDataString(project)}", form["do"] == "discard" ? Notes.Discarded : Notes.Replayed),
            DeadLetterOutcome.NotFound => ConsoleApi.Back($"{Root}?project={Uri.EscapeDataString(project)}", Notes.Gone),
            DeadLetterOutcome.NotRepairable => ConsoleApi.Back(path, Notes.NotRepairable),
            _ => ConsoleApi.Back(path, Notes.NotConfirmed),
        };
    }

    /// <summary>What the list shows by its search, page after page, as long as the grain says that there is more.</summary>
    private async Task<IResult> ChangeAllAsync(HttpContext context)
    {
        var (form, refusal) = await SmallForms.ReadAsync(context);
        if (form is null) return refusal!;
        var search = LetterSearch.Read(name => form[name]);
        var back = Root + search.ToQueryString();
        if (!forms.IsGenuine(context, Root, form[FormGuard.Field])) return ConsoleApi.Back(back, Notes.Expired);
        if (search is not { IsPossible: true, Project: { } project } || !settings.Cluster.Projects.ContainsKey(project)) return ConsoleApi.Back(back, Notes.Gone);
        if (form["sure"] != "true") return ConsoleApi.Back(back, Notes.NotSure);
        var query = search.ToQuery(DeadLetterQuery.LimitMax);
        var isDiscard = form["do"] == "discard";
        var change = await ChangeOrUnavailableAsync(() => isDiscard ? Letters.DiscardAllAsync(project, query) : Letters.ReplayAllAsync(project, query));
        return ConsoleApi.Back(back, change.IsUnavailable ? Notes.NotConfirmed : change.Next is not null ? Notes.More : isDiscard ? Notes.Discarded : Notes.Replayed);
    }

    private IDeadLetterGrain Letters => grains.GetGrain<IDeadLetterGrain>(Random.Shared.Next());

    private async Task<DeadLetterPage> OrUnavailableAsync(Func<Task<DeadLetterPage>> ask)
    {
        try
        {
            return await ask().WaitAsync(OperationsLimits.AnswerWithin, clock);
        }
        catch (Exception)
        {
            return new DeadLetterPage { IsUnavailable = true };
        }
    }

    private static async Task<DeadLetterChange> ChangeOrUnavailableAsync(Func<Task<DeadLetterChange>> change)
    {
        try
        {
            return await change();
        }
        catch (Exception)
        {
            // Orleans' time-out bounds the call; whether it was carried out nobody knows.
            return new DeadLetterChange { IsUnavailable = true };
        }
    }

    private static async Task<DeadLetterOutcome> OutcomeAsync(Func<Task<DeadLetterOutcome>> change)
    {
        try
        {
            return await change();
        }
        catch (Exception)
        {
            // As above.
            return DeadLetterOutcome.Unavailable;
        }
    }

    private static bool IsOfTheServer(string name) =>
        name is "time" or "ip" or "$insert_id" or "$device_id" or "$user_id" or "distinct_id" || Contracts.Events.PlatformNames.All.Contains(name);
}
