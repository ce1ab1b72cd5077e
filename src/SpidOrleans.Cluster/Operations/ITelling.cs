using Orleans.Concurrency;
using SpidOrleans.Contracts.Operations;

namespace SpidOrleans.Cluster.Operations;

/// <summary>A visitor's grain, as the console asks it: also while a call of its own hangs.</summary>
[Alias("spid.visitor-telling")]
internal interface IVisitorTelling : IGrainWithStringKey
{
    /// <summary>Looks only: nothing slides, nothing is finished, nothing is written.</summary>
    [Alias("Tell"), AlwaysInterleave]
    Task<VisitorStory> TellAsync();
}

/// <summary>Likewise a user's.</summary>
[Alias("spid.user-telling")]
internal interface IUserTelling : IGrainWithStringKey
{
    /// <inheritdoc cref="IVisitorTelling.TellAsync"/>
    [Alias("Tell"), AlwaysInterleave]
    Task<UserStory> TellAsync();
}
