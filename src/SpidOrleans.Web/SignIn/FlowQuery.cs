using SpidOrleans.Web.Documentation;

namespace SpidOrleans.Web.SignIn;

/// <summary>The flows' parameters, as OpenAPI shows them.</summary>
internal static class FlowQuery
{
    public static IReadOnlyList<QueryNote> Of(FlowKind kind)
    {
        QueryNote[] common =
        [
            new(FlowRequest.ClientId, false, "The site's client; or client_sdrn, as account-sdk-browser sends it."),
            new(FlowRequest.RedirectUri, false, "Where to return to: registered, character by character. May be left out by a client that has just one."),
            new(FlowRequest.StateName, false, "The site's own, up to 1,000 bytes; comes back as it is."),
        ];
        return kind == FlowKind.Logout ? common :
        [
            .. common,
            new(FlowRequest.CancelRedirectUri, false, "Where to return to when the person breaks off: registered too."),
            new("tracking_ref", false, "Leaves with this login's and the visitor's later events, as Tracking ref."),
            new("tag", false, "As tracking_ref, as Tracking tag."),
            new("flow", false, "As tracking_ref, as Flow: payment or signup."),
        ];
    }
}
