namespace SpidOrleans.Mixpanel.Delivery;

/// <summary>The wait that an answer asks for.</summary>
public static class RetryAfter
{
    /// <summary>Longer waits are cut to this: a mistaken header must not stop a project for a day.</summary>
    public static readonly TimeSpan Max = TimeSpan.FromHours(1);

    /// <summary>Reads either form, seconds or date; null when absent or not readable.</summary>
    internal static TimeSpan? Read(HttpResponseMessage answer, DateTimeOffset now)
    {
        if (answer.Headers.RetryAfter is not { } header) return null;
        // The date is by the server's clock, so its own Date header is the honest zero; ours may be off.
        var wait = header.Delta ?? header.Date - (answer.Headers.Date ?? now);
        if (wait is not { } asked) return null;
        if (asked < TimeSpan.Zero) return TimeSpan.Zero;
        return asked > Max ? Max : asked;
    }
}
