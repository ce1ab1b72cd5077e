using Microsoft.Extensions.Logging;
using SpidOrleans.Cluster.Erasure;
using SpidOrleans.Cluster.Lanes;
using SpidOrleans.Cluster.Outbox;
using SpidOrleans.Contracts.Settings;

namespace SpidOrleans.Cluster.Visitors;

/// <summary>What visitors' grains work with. One object for all of them: there are many, and references to each would weigh.</summary>
internal sealed record VisitorServices(
    IOutbox Outbox, VisitorLanes Lanes, Erasures Erasures, ClusterSettings Settings, TimeProvider Clock, ILogger<VisitorGrain> Logger);
