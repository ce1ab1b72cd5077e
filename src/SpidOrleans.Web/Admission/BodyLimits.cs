using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace SpidOrleans.Web.Admission;

/// <summary>What bounds a body's bytes and its time. Who reads many asks for it once: a request's own services cost a scope.</summary>
internal sealed record BodyLimits(BodyBudget Budget, BodyDeadline Deadline)
{
    public static BodyLimits Of(HttpContext context) => context.RequestServices.GetRequiredService<BodyLimits>();
}
