using System.Collections.Frozen;
using System.Text.Json;
using SpidOrleans.Contracts.Events;

namespace SpidOrleans.Cluster.Stamping;

/// <summary>The names under which SPiD's own properties leave, as a set of those that one event carries.</summary>
[Flags]
internal enum PlatformProperties
{
    None = 0,
    Version = 1,
    Revision = 2,
    Client = 4,
    UserAgent = 8,
    SpidId = 16,
    Age = 32,
    Gender = 64,
    UserStatus = 128,
    Registered = 256,
    TrackingRef = 512,
    TrackingTag = 1_024,
    Flow = 2_048,
}

internal static class PlatformPropertyNames
{
    /// <summary>No client's trait leaves with an event under one of these names, whatever SPiD knows of the person.</summary>
    public static readonly FrozenSet<string> All = PlatformNames.All.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Which of SPiD's properties goes by this name.</summary>
    public static PlatformProperties Find(string name) => name switch
    {
        "Version" => PlatformProperties.Version,
        "Revision" => PlatformProperties.Revision,
        "Client" => PlatformProperties.Client,
        "User agent" => PlatformProperties.UserAgent,
        "SPiD ID" => PlatformProperties.SpidId,
        "Age" => PlatformProperties.Age,
        "Gender" => PlatformProperties.Gender,
        "User status" => PlatformProperties.UserStatus,
        "Registered" => PlatformProperties.Registered,
        "Tracking ref" => PlatformProperties.TrackingRef,
        "Tracking tag" => PlatformProperties.TrackingTag,
        "Flow" => PlatformProperties.Flow,
        _ => PlatformProperties.None,
    };

    /// <summary>Which of SPiD's properties the reader's current name is. By length first: nearly every name ends there.</summary>
    public static PlatformProperties Find(ref Utf8JsonReader reader)
    {
        var length = reader.ValueSpan.Length;
        // An escaped name is longer than what it says.
        if (!reader.ValueIsEscaped && length is < 3 or > 12) return PlatformProperties.None;
        if (reader.ValueTextEquals("Version"u8)) return PlatformProperties.Version;
        if (reader.ValueTextEquals("Revision"u8)) return PlatformProperties.Revision;
        if (reader.ValueTextEquals("Client"u8)) return PlatformProperties.Client;
        if (reader.ValueTextEquals("User agent"u8)) return PlatformProperties.UserAgent;
        if (reader.ValueTextEquals("SPiD ID"u8)) return PlatformProperties.SpidId;
        if (reader.ValueTextEquals("Age"u8)) return PlatformProperties.Age;
        if (reader.ValueTextEquals("Gender"u8)) return PlatformProperties.Gender;
        if (reader.ValueTextEquals("User status"u8)) return PlatformProperties.UserStatus;
        if (reader.ValueTextEquals("Registered"u8)) return PlatformProperties.Registered;
        if (reader.ValueTextEquals("Tracking ref"u8)) return PlatformProperties.TrackingRef;
        if (reader.ValueTextEquals("Tracking tag"u8)) return PlatformProperties.TrackingTag;
        return reader.ValueTextEquals("Flow"u8) ? PlatformProperties.Flow : PlatformProperties.None;
    }
}
