using System.Collections.Immutable;

namespace SpidOrleans.Contracts.Operations;

/// <summary>What a silo says of itself.</summary>
[GenerateSerializer, Immutable, Alias("spid.silo-report")]
public sealed record SiloReport
{
    [Id(0)] public required string Version { get; init; }

    [Id(1)] public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Of the process, as the system counts it.</summary>
    [Id(3)] public long MemoryBytes { get; init; }

    /// <summary>Processor time of the process over the last sample, in per cent of all processors.</summary>
    [Id(4)] public double ProcessorPercent { get; init; }

    /// <summary>Shards that are drained here.</summary>
    [Id(5)] public ImmutableArray<ShardReport> Shards { get; init; } = [];

    /// <summary>What passed here, by project.</summary>
    [Id(6)] public ImmutableArray<TrafficReport> Traffic { get; init; } = [];
}

/// <summary>The emitter of a shard.</summary>
[GenerateSerializer, Immutable, Alias("spid.shard-report")]
public sealed record ShardReport
{
    [Id(0)] public required string Project { get; init; }

    [Id(1)] public required int Number { get; init; }

    /// <summary>Events per second, over the last minute.</summary>
    [Id(2)] public double DeliveredPerSecond { get; init; }

    /// <summary>When Mixpanel last took something; milliseconds since the Unix epoch, null: not since the emitter is here.</summary>
    [Id(3)] public long? DeliveredAtMs { get; init; }

    /// <summary>Failures in a row; 0: the last request was taken.</summary>
    [Id(4)] public int Failures { get; init; }

    /// <summary>The last failure of this row, or the last one before; null: none.</summary>
    [Id(5)] public string? LastError { get; init; }

    [Id(6)] public long? LastErrorAtMs { get; init; }

    /// <summary>While it waits after a failure: when it tries again.</summary>
    [Id(7)] public long? NextTryAtMs { get; init; }

    /// <summary>It may not send at the moment: the project's rate is spent, or Mixpanel has throttled the project.</summary>
    [Id(8)] public bool IsHeldToRate { get; init; }
}

/// <summary>What passed a silo of one project.</summary>
[GenerateSerializer, Immutable, Alias("spid.traffic-report")]
public sealed record TrafficReport
{
    /// <summary>Length of a slot.</summary>
    public const int SlotSeconds = 15;

    /// <summary>Half an hour.</summary>
    public const int SlotsKept = 30 * 60 / SlotSeconds;

    [Id(0)] public required string Project { get; init; }

    /// <summary>The number of the last slot that is over: the Unix time of its beginning divided by <see cref="SlotSeconds"/>.</summary>
    [Id(1)] public required long LastSlot { get; init; }

    /// <summary>Events that were accepted in each slot, the last one last, at most <see cref="SlotsKept"/>.</summary>
    [Id(2)] public required ImmutableArray<int> Accepted { get; init; }

    /// <summary>Events that Mixpanel took in each slot.</summary>
    [Id(3)] public required ImmutableArray<int> Delivered { get; init; }

    /// <summary>How old the oldest pending event of the project was, in seconds, as this silo saw it; -1: it could not be seen.</summary>
    [Id(4)] public required ImmutableArray<int> LagSeconds { get; init; }
}
