namespace SpidOrleans.Storage;

/// <summary>A configured number of shards would lose sight of pending events. One line per project.</summary>
public sealed class ShardsChangedException : Exception
{
    public ShardsChangedException() { }

    public ShardsChangedException(string message) : base(message) { }

    public ShardsChangedException(string message, Exception inner) : base(message, inner) { }
}
