namespace SpidOrleans.Silo;

/// <summary>Somebody else listens where this host should.</summary>
internal sealed class PortTakenException : Exception
{
    public PortTakenException() { }

    public PortTakenException(string message) : base(message) { }

    public PortTakenException(string message, Exception inner) : base(message, inner) { }
}
