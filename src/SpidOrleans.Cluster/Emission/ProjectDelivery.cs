using SpidOrleans.Contracts.Settings;
using SpidOrleans.Mixpanel.Delivery;

namespace SpidOrleans.Cluster.Emission;

internal static class ProjectDelivery
{
    public static MixpanelProject ToMixpanel(this ProjectSettings project) => new(project.Name, project.Token)
    {
        Endpoint = project.Endpoint,
        ServiceAccount = project.ServiceAccount,
        ServiceAccountSecret = project.ServiceAccountSecret,
        ProjectId = project.ProjectId,
        Proxy = project.Proxy,
        Timeout = project.Timeout,
        IdMerge = project.HasOriginalIdMerge ? IdMerge.Original : IdMerge.Simplified,
    };
}
