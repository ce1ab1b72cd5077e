namespace SpidOrleans.Contracts.Erasure;

/// <summary>Has Mixpanel delete what it knows of erased persons, in one project, keyed by the project's name. Two of them for a moment
/// ask for the same twice, nothing else.</summary>
[Alias("spid.deletions")]
public interface IDeletionGrain : IGrainWithStringKey
{
    /// <summary>Says that a deletion may be due; returns at once.</summary>
    [Alias("Wake")]
    Task WakeAsync();
}
