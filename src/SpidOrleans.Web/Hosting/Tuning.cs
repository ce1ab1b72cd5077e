namespace SpidOrleans.Web.Hosting;

/// <summary>What .NET lets a process choose for its speed only by an argument or the environment.</summary>
public static class Tuning
{
    /// <summary>Configuration is read once, at start. Watching its files for changes means watching the whole folder, and with it
    /// the database below it: every write to that woke a thread.</summary>
    public const string ReadConfigurationOnce = "--hostBuilder:reloadConfigOnChange=false";

    private const string InlineSocketCompletions = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    /// <summary>Before the first socket. What arrives is handled by the thread that noticed it, and so without another's being
    /// woken for every few bytes; requests still run on the thread pool, for Kestrel hands them over itself.</summary>
    public static void Apply()
    {
        if (Environment.GetEnvironmentVariable(InlineSocketCompletions) is null) Environment.SetEnvironmentVariable(InlineSocketCompletions, "1");
    }
}
