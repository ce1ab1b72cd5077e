using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace SpidOrleans.Web.Admission;

/// <summary>Whether any silo can be asked.</summary>
public interface IClusterReach
{
    bool IsReachable { get; }
}

/// <summary>Refuses calls for the cluster while no silo can be asked: at once, rather than after each has waited for one.</summary>
internal static class ClusterGate
{
    private static readonly string[] ClientApi = ["/v1", "/api/2", "/track", "/import", "/engage", "/groups"];

    public static void Use(IApplicationBuilder app)
    {
        // A host that is a silo itself always reaches one.
        if (app.ApplicationServices.GetService<IClusterReach>() is not { } reach) return;
        app.Use((context, next) => reach.IsReachable || !ClientApi.Any(path => context.Request.Path.StartsWithSegments(path, StringComparison.OrdinalIgnoreCase))
            ? next(context)
            : Problem.Busy("No silo answers at the moment: nothing was stored.").ExecuteAsync(context));
    }
}
