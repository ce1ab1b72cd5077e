using SpidOrleans.Web.Admission;

namespace SpidOrleans.Web.Operators;

/// <summary>What <see cref="OperatorLock"/> says to a request.</summary>
internal enum OperatorEntry
{
    Open,

    /// <summary>There is no password, and the request comes from elsewhere or through a proxy.</summary>
    ThisMachineOnly,

    /// <summary>A page of another site makes the browser ask.</summary>
    ForeignPage,

    /// <summary>No password, or a wrong one.</summary>
    Unproven,

    /// <summary>No password of this caller is looked at for some time.</summary>
    TooManyGuesses,
}

internal static class OperatorEntries
{
    /// <summary>Null: open.</summary>
    public static Problem? Refusal(this OperatorEntry entry) => entry switch
    {
        OperatorEntry.Open => null,
        OperatorEntry.ThisMachineOnly => Problem.Forbidden("For this machine alone, and not through a proxy, as long as Console:Password is not set."),
        OperatorEntry.ForeignPage => Problem.Forbidden("For this host's own pages only."),
        OperatorEntry.TooManyGuesses => Problem.TooManyRequests("Too many wrong passwords.", (int)WrongGuesses.Window.TotalSeconds),
        _ => Problem.Unauthorized("Send Console:Password by HTTP Basic, with any name."),
    };

    /// <summary>What a browser asks its user by.</summary>
    public const string Challenge = "Basic realm=\"SpidOrleans operators\", charset=\"UTF-8\"";

    public static bool IsAskedFor(this OperatorEntry entry) => entry == OperatorEntry.Unproven;
}
