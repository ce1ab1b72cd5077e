using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using SpidOrleans.Contracts;
using SpidOrleans.Contracts.Erasure;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Users;
using SpidOrleans.Contracts.Visitors;
using SpidOrleans.Web.Admission;
using SpidOrleans.Web.Operators.Pages;
using SpidOrleans.Web.SignIn;

namespace SpidOrleans.Web.Operators;

/// <summary><c>/console/find</c> and <c>/console/erase</c>: a person's or an event's story, and its end.</summary>
internal sealed class FindApi(Finder finder, IGrainFactory grains, FormGuard forms)
{
    private const string ErasePath = ConsoleApi.Root + "/erase";

    public void Map(IEndpointRouteBuilder console)
    {
        console.MapGet("/find", (Delegate)FindAsync);
        console.MapGet("/erase", (Delegate)AskToErase);
        console.MapPost("/erase", (Delegate)EraseAsync);
    }

    private async Task<IResult> FindAsync(string? q, string? note)
    {
        var text = q?.Trim() ?? "";
        var fault = text.Length is 0 or > UserId.LengthMax || text.Any(char.IsControl) ? text.Length == 0 ? "" : "This can be no id: it has 1 to 128 characters." : null;
        return new OperatorPage<FindPage>(new()
        {
            [nameof(FindPage.Finding)] = fault is null ? await finder.FindAsync(text) : null,
            [nameof(FindPage.Fault)] = fault is "" ? null : fault,
            [nameof(FindPage.Note)] = Notes.TextOf(note),
        });
    }

    private IResult AskToErase(HttpContext context, string? id) =>
        TryRead(id, out _, out _) ? Ask(context, id!, null) : TypedResults.Redirect(ConsoleApi.Root + "/find");

    private async Task<IResult> EraseAsync(HttpContext context)
    {
        var (form, refusal) = await SmallForms.ReadAsync(context);
        if (form is null) return refusal!;
        if (form["id"] is not { } id || !TryRead(id, out var visitor, out var user)) return ConsoleApi.Back(ConsoleApi.Root + "/find", Notes.Gone);
        if (!forms.IsGenuine(context, ErasePath, form[FormGuard.Field])) return Ask(context, id, Notes.TextOf(Notes.Expired));
        if (form["typed"]?.Trim() != id) return Ask(context, id, "Nothing was done: what was typed is another id.");
        ErasureResult result;
        try
        {
            result = await ClusterCall.OrUnavailableAsync(() => visitor is { } browser ? grains.GetVisitor(browser).EraseAsync() : grains.GetUser(user!.Value).EraseAsync());
        }
        catch (ClusterUnavailableException)
        {
            result = new ErasureResult { Outcome = TrackOutcome.Unavailable };
        }

        return result.Outcome == TrackOutcome.Stored ? ConsoleApi.Back(Links.Find(id), Notes.Erased) : Ask(context, id, Notes.TextOf(Notes.NotConfirmed));
    }

    private OperatorPage<ErasePage> Ask(HttpContext context, string id, string? fault) => new(new()
    {
        [nameof(ErasePage.Id)] = id,
        [nameof(ErasePage.IsUser)] = !VisitorId.TryParse(id, out _),
        [nameof(ErasePage.Token)] = forms.Issue(context, ErasePath),
        [nameof(ErasePage.FieldName)] = FormGuard.Field,
        [nameof(ErasePage.Fault)] = fault,
    });

    /// <summary>A visitor's id, or else a user's.</summary>
    private static bool TryRead(string? id, out VisitorId? visitor, out UserId? user)
    {
        visitor = VisitorId.TryParse(id, out var browser) ? browser : null;
        user = visitor is null && UserId.TryParse(id, out var person) ? person : null;
        return visitor is not null || user is not null;
    }
}
