namespace SpidOrleans.Web.Admission;

/// <summary>Of what there was too much.</summary>
public enum RefusalReason
{
    /// <summary><c>Limits:RequestsPerClient</c> are under way, and twice as many wait.</summary>
    ClientRequests,

    /// <summary><c>Limits:EventsPerSecondPerClient</c>.</summary>
    ClientEvents,

    /// <summary><c>Limits:BrowserRequestsPerSecond</c>.</summary>
    BrowserRequests,

    /// <summary>Bytes that the bodies under way hold together.</summary>
    Bodies,

    /// <summary>The body took longer than <see cref="BodyDeadline"/> allows.</summary>
    SlowBody,

    /// <summary>The process has nearly used up its memory.</summary>
    Memory,

    /// <summary><c>Limits:PendingPerLane</c>.</summary>
    Lane,

    /// <summary>The cluster or the database did not confirm.</summary>
    Unavailable,

    /// <summary>Connections of one address.</summary>
    Connections,
}
