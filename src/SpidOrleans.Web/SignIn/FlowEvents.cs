using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Web.Admission;
using SpidOrleans.Web.Browser;
using SpidOrleans.Web.Intake;
using SpidOrleans.Web.Reading;

namespace SpidOrleans.Web.SignIn;

/// <summary>
/// What happens to people on their way through a flow, as events of the visitor that their browser shows. They promise nothing:
/// nobody is kept waiting or turned away because one could not be written down, and a browser without a cookie writes none, since
/// whoever calls a flow's address could else fill the outbox.
/// </summary>
internal sealed partial class FlowEvents(VisitorCookie cookie, EventTracker tracker, EventRate rate, TimeProvider clock, ILogger<FlowEvents> logger)
{
    public const string SignupStarted = "Signup started";
    public const string SignupFailed = "Signup failed";
    public const string LoginFailed = "Login failed";

    /// <summary>Longer is noticed by whoever waits for the next page.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>A browser has begun this flow.</summary>
    public Task StartedAsync(HttpContext context, FlowRequest flow) =>
        flow.Kind == FlowKind.Signup && HttpMethods.IsGet(context.Request.Method) ? TrackAsync(context, flow, SignupStarted) : Task.CompletedTask;

    /// <summary>Somebody said who they are, and it was not good.</summary>
    public Task FailedAsync(HttpContext context, FlowRequest flow) =>
        TrackAsync(context, flow, flow.Kind == FlowKind.Signup ? SignupFailed : LoginFailed);

    private async Task TrackAsync(HttpContext context, FlowRequest flow, string name)
    {
        if (cookie.Read(context.Request) is not { } shown || rate.Refuse(flow.Client, 1) is not null) return;
        var happened = new TrackedEvent
        {
            Name = name,
            TimeMs = clock.GetUtcNow().ToUnixTimeMilliseconds(),
            InsertId = Guid.NewGuid().ToString(),
            Ip = BrowserCall.Ip(context),
            UserAgent = BrowserCall.UserAgent(context),
            Properties = TrackingOf(flow),
        };
        try
        {
            var tracked = tracker.TrackAsync(flow.Client.Source, [new AddressedEvent(shown.VisitorId, null, happened)], fromBrowser: true, shown.Digest);
            var outcome = (await tracked.WaitAsync(Patience, clock)).Outcome;
            if (outcome is not (TrackOutcome.Stored or TrackOutcome.Stranger or TrackOutcome.Erased)) LogMissed(logger, name, outcome.ToString());
        }
        catch (Exception exception) when (exception is ClusterUnavailableException or TimeoutException)
        {
            LogMissed(logger, name, exception.GetBaseException().GetType().Name);
        }
    }

    /// <summary>Under the names that SPiD's own have: the visitor has them only from a login on.</summary>
    private static ReadOnlyMemory<byte> TrackingOf(FlowRequest flow)
    {
        if (flow.Tracking is not { } tracking) return default;
        var buffer = new ArrayBufferWriter<byte>(128);
        using var writer = new Utf8JsonWriter(buffer);
        writer.WriteStartObject();
        if (tracking.Ref is not null) writer.WriteString("Tracking ref", tracking.Ref);
        if (tracking.Tag is not null) writer.WriteString("Tracking tag", tracking.Tag);
        if (tracking.Flow is not null) writer.WriteString("Flow", tracking.Flow);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }

    [LoggerMessage(EventId = 4305, Level = LogLevel.Warning, Message = "The event {EventName} of a sign-in is not confirmed ({Reason}); the person goes on")]
    private static partial void LogMissed(ILogger logger, string eventName, string reason);
}
