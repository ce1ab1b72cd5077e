using System.Runtime.InteropServices;

namespace SpidOrleans.TestKit.Hosting;

/// <summary>Linux' signals, for processes that we started.</summary>
internal static class ProcessSignal
{
    public const int SIGINT = 2;
    public const int SIGQUIT = 3;
    public const int SIGKILL = 9;
    public const int SIGTERM = 15;
    public const int SIGCONT = 18;
    public const int SIGSTOP = 19;

    /// <returns>False when there is no such process any more, or it is not ours.</returns>
    public static bool Send(int processId, int signal) => Kill(processId, signal) == 0;

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int processId, int signal);
}
