using System.Net.Sockets;
using SpidOrleans.Web.Configuration;

namespace SpidOrleans.Web.Hosting;

/// <summary>Why the host did not start, for the operator: lines, not a stack trace.</summary>
/// <param name="Text">One line per fault.</param>
/// <param name="ExitCode">1: what .NET objects to; 2: the configuration; 3: the storage; 4: a port.</param>
public sealed record StartFailure(string Text, int ExitCode)
{
    /// <summary>Null for what nobody foresaw, which deserves its stack trace.</summary>
    public static StartFailure? Of(Exception exception) => exception switch
    {
        ConfigurationException => new(exception.Message, 2),
        PortTakenException => new("port: " + exception.Message, 4),
        // What .NET itself objects to in its own settings: URLs, log levels, certificates, a file that is no JSON.
        // Thrown by our own code they are faults of ours, which deserve their stack trace.
        FormatException or ArgumentOutOfRangeException or InvalidDataException or InvalidOperationException or SocketException or IOException
            when exception.Source?.StartsWith("SpidOrleans", StringComparison.Ordinal) == false => new("start: " + Tell(exception), 1),
        _ => null,
    };

    /// <param name="exception">Its message is one line for the operator.</param>
    public static StartFailure OfStorage(Exception exception) => new("storage: " + exception.Message, 3);

    /// <summary>The causes too: that a file could not be read says little without its why.</summary>
    private static string Tell(Exception exception)
    {
        var reasons = new List<string>();
        for (Exception? cause = exception; cause is not null; cause = cause.InnerException) reasons.Add(cause.Message.ReplaceLineEndings(" ").TrimEnd('.', ' '));
        return string.Join(": ", reasons.Distinct());
    }
}
