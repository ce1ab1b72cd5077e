namespace SpidOrleans.Web.Hosting;

/// <summary>Somebody else listens where this host should.</summary>
public sealed class PortTakenException : Exception
{
    public PortTakenException() { }

    public PortTakenException(string message) : base(message) { }

    public PortTakenException(string message, Exception inner) : base(message, inner) { }
}
