namespace SpidOrleans.Contracts.Settings;

/// <summary>A Mixpanel project, as configured and checked.</summary>
/// <param name="Name">1 to 64 of <c>[A-Za-z0-9_-]</c>.</param>
/// <param name="Shards">1 to 1,024: emitters that drain it side by side.</param>
public sealed record ProjectSettings(
    string Name, string Token, Uri Endpoint, string? ServiceAccount, string? ServiceAccountSecret, string? ProjectId, int Shards)
{
    /// <summary>Of Mixpanel's deletion API; null: Mixpanel is not asked to delete anything.</summary>
    public string? DeletionToken { get; init; }

    /// <summary>Without the secrets.</summary>
    public override string ToString() => $"{Name} at {Endpoint}";
}
