using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace SpidOrleans.ClusterTests.Faults;

/// <summary>Remembers the product's own log messages, by event id.</summary>
public sealed class LogRecorder : ILoggerProvider
{
    private readonly ConcurrentQueue<(int EventId, string Message)> _messages = new();

    public IReadOnlyList<string> Messages(int eventId) => [.. _messages.Where(message => message.EventId == eventId).Select(message => message.Message)];

    public ILogger CreateLogger(string categoryName) => new Recorder(categoryName.StartsWith("SpidOrleans", StringComparison.Ordinal) ? _messages : null);

    public void Dispose()
    {
    }

    private sealed class Recorder(ConcurrentQueue<(int, string)>? messages) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => messages is not null && logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel)) messages!.Enqueue((eventId.Id, formatter(state, exception)));
        }
    }
}
