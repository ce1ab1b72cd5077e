using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SpidOrleans.Contracts.Operations;
using SpidOrleans.Web.Browser;
using SpidOrleans.Web.Configuration;
using SpidOrleans.Web.Operators.Pages;
using SpidOrleans.Web.SignIn;

namespace SpidOrleans.Web.Operators;

/// <summary><c>/console</c>: what somebody on call sees and does. Forms answer by a redirect, so that loading a page again does nothing
/// again.</summary>
internal sealed class ConsoleApi(IOperations operations, SpidSettings settings, FormGuard forms)
{
    public const string Root = "/console";
    private const string HaltPath = Root + "/projects/halt";

    /// <summary>Of a page's files: a new build's are there at once.</summary>
    private const string Caching = "no-cache";

    public static void Map(IEndpointRouteBuilder routes)
    {
        // The facade has no console, nor has a host without a cluster.
        if (routes.ServiceProvider.GetService<IOperations>() is null) return;
        var api = routes.ServiceProvider.GetRequiredService<ConsoleApi>();
        var console = routes.MapGroup(Root).RequireOperator().ExcludeFromDescription();
        console.MapGet("", (Delegate)api.ShowOverviewAsync);
        console.MapPost("/projects/halt", (Delegate)api.HaltAsync);
        routes.ServiceProvider.GetRequiredService<FindApi>().Map(console);
        routes.ServiceProvider.GetRequiredService<LettersApi>().Map(console);
        routes.ServiceProvider.GetRequiredService<LiveApi>().Map(console);
        var assets = routes.ServiceProvider.GetRequiredService<EmbeddedAssets>();
        foreach (var path in assets.Below("console/"))
            console.MapGet(path["console".Length..], (HttpContext context) => assets.WriteAsync(context, path, Caching));
    }

    private async Task<IResult> ShowOverviewAsync(HttpContext context, string? note)
    {
        var report = await operations.ReportAsync();
        var configured = settings.Cluster.Projects;
        var others = (report.Backlog ?? []).Select(shard => shard.Project).Concat(report.DeadLetters?.Keys ?? []).Where(project => !configured.ContainsKey(project)).Distinct();
        var projects = configured.Keys.Concat(others).Select(name => ProjectOverview.Of(report, name, configured.ContainsKey(name)))
            .OrderByDescending(project => project.Concern).ThenBy(project => project.Name, StringComparer.Ordinal).ToList();
        return new OperatorPage<OverviewPage>(new()
        {
            [nameof(OverviewPage.Report)] = report,
            [nameof(OverviewPage.Projects)] = projects,
            [nameof(OverviewPage.ShardCount)] = (Func<string, int>)(name => configured.GetValueOrDefault(name)?.Shards ?? 0),
            [nameof(OverviewPage.Token)] = forms.Issue(context, HaltPath),
            [nameof(OverviewPage.FieldName)] = FormGuard.Field,
            [nameof(OverviewPage.Note)] = Notes.TextOf(note),
        });
    }

    private async Task<IResult> HaltAsync(HttpContext context)
    {
        var (form, refusal) = await SmallForms.ReadAsync(context);
        if (form is null) return refusal!;
        if (!forms.IsGenuine(context, HaltPath, form[FormGuard.Field])) return Back(Root, Notes.Expired);
        if (form["project"] is not { } project || !settings.Cluster.Projects.ContainsKey(project)) return Back(Root, Notes.Gone);
        var isHalted = form["halt"] == "true";
        var done = await operations.SetHaltedAsync(project, isHalted);
        return Back(Root, !done ? Notes.NotConfirmed : isHalted ? Notes.Paused : Notes.Resumed);
    }

    internal static IResult Back(string path, string note) => TypedResults.Redirect($"{path}{(path.Contains('?') ? '&' : '?')}note={note}");
}
