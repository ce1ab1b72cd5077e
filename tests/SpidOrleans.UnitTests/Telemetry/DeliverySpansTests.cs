using System.Collections.Concurrent;
using System.Diagnostics;
using SpidOrleans.Cluster.Emission;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Cluster.Telemetry;
using SpidOrleans.Mixpanel.Delivery;
using SpidOrleans.UnitTests.Outbox;
using Xunit;

namespace SpidOrleans.UnitTests.Telemetry;

public sealed class DeliverySpansTests
{
    private static readonly DateTimeOffset At = DateTimeOffset.FromUnixTimeMilliseconds(1_795_478_807_652);
    private static readonly TimeSpan Took = TimeSpan.FromMilliseconds(70);

    // Of this test alone: others write spans at the same time.
    private readonly string _project = $"web-{Guid.NewGuid():n}";
    private readonly ConcurrentQueue<Activity> _ended = new();
    private readonly DeliverySpans _spans;

    public DeliverySpansTests() => _spans = new DeliverySpans(_project);

    [Fact]
    public void WhatServesNobodySampled_HasNoSpan()
    {
        using var listener = Listen();

        Assert.Null(_spans.Begin(100, At));
        _spans.Add(101, [NewRequest(out _)]);
        Assert.Null(_spans.Begin(100, At));
    }

    [Fact]
    public void ASend_IsInTheTraceOfEachRequestThatItServes_AndLinksThem()
    {
        using var listener = Listen();
        _spans.Add(5, [NewRequest(out var first), NewRequest(out var second)]);
        _spans.Add(11, [NewRequest(out _)]);

        _spans.End(_spans.Begin(10, At), LayerTo(10), new SendOutcome.Accepted(), At, Took);

        Assert.Equal(1, _spans.Waiting);
        var batch = Assert.Single(_ended, span => span.TraceId == first);
        Assert.Equal(second, Assert.Single(batch.Links).Context.TraceId);
        var own = Assert.Single(_ended, span => span.TraceId == second);
        Assert.Equal(batch.Context.SpanId, Assert.Single(own.Links).Context.SpanId);
        Assert.Equal((At.UtcDateTime, Took), (own.StartTimeUtc, own.Duration));
        Assert.Equal("accepted", own.GetTagItem("spid.outcome"));
        Assert.Equal(2, _ended.Count);
    }

    [Fact]
    public void AfterAFailure_TheNextAttemptIsInTheTraceToo()
    {
        using var listener = Listen();
        _spans.Add(5, [NewRequest(out var request)]);

        _spans.End(_spans.Begin(10, At), LayerTo(10), new SendOutcome.Retry(null, "away", 503, false), At, Took);
        _spans.End(_spans.Begin(10, At), LayerTo(10), new SendOutcome.Accepted(), At, Took);

        Assert.Equal([("failed", ActivityStatusCode.Error), ("accepted", ActivityStatusCode.Unset)],
            _ended.Where(span => span.TraceId == request).Select(span => ((string)span.GetTagItem("spid.outcome")!, span.Status)));
    }

    [Fact]
    public void WhoIsToldTooLate_WritesTheLastSend()
    {
        using var listener = Listen();
        _spans.End(_spans.Begin(10, At), LayerTo(10), new SendOutcome.Accepted(), At, Took);

        _spans.Add(10, [NewRequest(out var request), "no traceparent"]);

        Assert.Equal(Took, Assert.Single(_ended, span => span.TraceId == request).Duration);
        Assert.Equal(0, _spans.Waiting);
    }

    [Fact]
    public void NoMoreAreKeptThanTheBound()
    {
        for (var i = 0; i < DeliverySpans.RequestsMax + 10; i++) _spans.Add(i, [NewRequest(out _)]);

        Assert.Equal(DeliverySpans.RequestsMax, _spans.Waiting);
    }

    private ActivityListener Listen() => Listening.To(
        span =>
        {
            if ((string?)span.GetTagItem("spid.project") == _project) _ended.Enqueue(span);
        },
        "SpidOrleans");

    private static string NewRequest(out ActivityTraceId trace)
    {
        trace = ActivityTraceId.CreateRandom();
        return $"00-{trace}-{ActivitySpanId.CreateRandom()}-01";
    }

    private static Layer LayerTo(long position) => new(PayloadKind.Event, [new OutboxRow(position, "{}"u8.ToArray())]);
}
