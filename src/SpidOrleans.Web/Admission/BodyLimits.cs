using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace SpidOrleans.Web.Admission;

/// <summary>What bounds a body's bytes and its time. Who reads many asks for it once: a request's own services cost a scope.</summary>
internal sealed record BodyLimits(BodyBudget Budget, BodyDeadline Deadline, Refusals Refusals)
{
    private static readonly Problem Full = Problem.Busy("This host holds as many bytes of requests as it may.");

    /// <summary>The refusal of what does not fit into memory.</summary>
    public Problem RefuseBytes()
    {
        Refusals.Count(RefusalReason.Bodies);
        return Full;
    }

    public static BodyLimits Of(HttpContext context) => context.RequestServices.GetRequiredService<BodyLimits>();
}
