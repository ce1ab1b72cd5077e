namespace SpidOrleans.Web.SignIn;

/// <summary>What a browser comes for.</summary>
internal enum FlowKind
{
    Login,
    Signup,
    Logout,
}

internal static class FlowKinds
{
    public static string Path(this FlowKind kind) => kind switch
    {
        FlowKind.Login => "/flow/login",
        FlowKind.Signup => "/flow/signup",
        _ => "/logout",
    };
}
