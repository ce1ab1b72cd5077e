using System.Collections.Immutable;
using Orleans.Concurrency;

namespace SpidOrleans.Contracts.Emission;

/// <summary>Drains one shard of one project, keyed <c>{project}/{shard}</c>. Two of them for a moment cause repeats, nothing else.</summary>
[Alias("spid.emitter")]
public interface IEmitterGrain : IGrainWithStringKey
{
    /// <summary>Says that the shard may have rows; returns at once. The sweep calls it; the outbox stream does the same faster.</summary>
    [Alias("Wake")]
    Task WakeAsync();

    /// <summary>Returns once nothing is on its way to Mixpanel that was read from the outbox before the call.</summary>
    [Alias("Settle"), AlwaysInterleave]
    Task SettleAsync();

    /// <summary>Says which sampled requests have events in this shard, so that their traces go on to Mixpanel's answer. May be lost.</summary>
    /// <param name="position">No event of theirs lies behind it.</param>
    /// <param name="requests">Up to 64 of W3C's <c>traceparent</c>.</param>
    [Alias("Trace"), OneWay, AlwaysInterleave]
    Task TraceAsync(long position, ImmutableArray<string> requests);
}

/// <summary>What the stream <c>outbox</c> carries per shard: a bell, never the truth.</summary>
[GenerateSerializer, Immutable, Alias("spid.outbox-ring")]
public sealed record OutboxRing
{
    /// <summary>Events committed since the last ring of this shard.</summary>
    [Id(0)] public required int Appended { get; init; }
}
