using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using SpidOrleans.Contracts.Events;
using SpidOrleans.Contracts.Users;

namespace SpidOrleans.Contracts.Groups;

/// <summary>One group of Mixpanel's group analytics, such as a company: the sequencer of what its profile is told. Keyed as <see cref="GroupId.Key"/>.</summary>
[Alias("spid.group")]
public interface IGroupGrain : IGrainWithStringKey
{
    /// <summary>Appends changes of the group's profile to its lane; returns once they are durable.</summary>
    /// <param name="source">The sender and with it the project.</param>
    /// <param name="updates">1 to 2,000, oldest first.</param>
    [Alias("Change")]
    Task<TrackOutcome> ChangeAsync(EventSource source, GroupId group, ImmutableArray<ProfileUpdate> updates);
}

/// <summary>What Mixpanel calls a group: a key such as <c>company</c> and a value of it.</summary>
[GenerateSerializer, Immutable, Alias("spid.group-id")]
public readonly record struct GroupId
{
    /// <summary>Of key and id each.</summary>
    public const int CharsMax = 255;

    private const int PlainCharsMax = 60;

    /// <summary>1 to <see cref="CharsMax"/> characters.</summary>
    [Id(0)] public required string GroupKey { get; init; }

    /// <summary>1 to <see cref="CharsMax"/> characters.</summary>
    [Id(1)] public required string Id { get; init; }

    /// <summary>The grain key and the identity in the outbox, which is short. Should two groups ever share it, they share a lane and no
    /// more.</summary>
    public string Key => GroupKey.Length + Id.Length <= PlainCharsMax ? $"g:{GroupKey}/{Id}"
        : "g:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{GroupKey}/{Id}")).AsSpan(0, 16));
}
