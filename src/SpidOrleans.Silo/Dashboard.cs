using Orleans.Dashboard;
using SpidOrleans.Web.Configuration;
using SpidOrleans.Web.Operators;

namespace SpidOrleans.Silo;

/// <summary>Orleans' own dashboard at <c>/dashboard</c>. It looks into every grain call, so it is there where somebody asks for it, and
/// on a machine that nobody depends on.</summary>
internal static class Dashboard
{
    private const string Path = "/dashboard";

    public static ISiloBuilder AddSpidDashboard(this ISiloBuilder silo, SpidSettings settings) =>
        // Its trace would show the log, from everywhere.
        IsShown(settings) ? silo.AddDashboard(dashboard => dashboard.HideTrace = true) : silo;

    public static WebApplication MapDashboard(this WebApplication app, SpidSettings settings)
    {
        // Whatever it serves, grains' keys among it, is for operators alone.
        if (IsShown(settings)) app.MapOrleansDashboard(Path).RequireOperator().ExcludeFromDescription();
        return app;
    }

    private static bool IsShown(SpidSettings settings) => settings.Console.Dashboard ?? settings.HasDemoClient;
}
