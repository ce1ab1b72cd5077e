namespace SpidOrleans.Contracts.Events;

/// <summary>The names of SPiD's own properties, which win over the sender's of the same name.</summary>
public static class PlatformNames
{
    public static IReadOnlyList<string> All { get; } =
    [
        "Version", "Revision", "Client", "User agent", "SPiD ID", "Age", "Gender", "User status", "Registered", "Tracking ref", "Tracking tag", "Flow",
    ];
}
