namespace SpidOrleans.Web.Admission;

/// <summary>A grain did not answer: the database, its silo or the time was short. Answered with 503.</summary>
public sealed class ClusterUnavailableException : Exception
{
    public ClusterUnavailableException() { }

    public ClusterUnavailableException(string message) : base(message) { }

    public ClusterUnavailableException(string message, Exception inner) : base(message, inner) { }
}
