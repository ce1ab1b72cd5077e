namespace SpidOrleans.Storage;

/// <summary>The database cannot be used, at start or for now; the message is one line for the operator.</summary>
public sealed class StorageUnavailableException : Exception
{
    public StorageUnavailableException() { }

    public StorageUnavailableException(string message) : base(message) { }

    public StorageUnavailableException(string message, Exception inner) : base(message, inner) { }
}
