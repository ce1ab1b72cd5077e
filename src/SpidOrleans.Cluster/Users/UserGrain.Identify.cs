using Microsoft.Extensions.Logging;
using SpidOrleans.Cluster.Merging;
using SpidOrleans.Contracts.Users;

namespace SpidOrleans.Cluster.Users;

/// <summary>
/// Original ID Merge: in each project the first event of a linked visitor follows an <c>$identify</c>, appended together with it. The
/// state is written after that, so a crash in between causes a repeat of the same event and nothing else.
/// </summary>
internal sealed partial class UserGrain
{
    /// <returns>Null: the project knows no <c>$identify</c>, or there is no visitor to be joined.</returns>
    private Identification? IdentificationOf(string project, LinkedVisitor? visitor) =>
        visitor is not null && settings.HasOriginalIdMerge(project) ? Identification.Of(state.State.Clusters, project, visitor.VisitorId) : null;

    /// <summary>To be called once the events are durable.</summary>
    private async Task NoteAsync(Identification? identification, string project, LinkedVisitor? visitor)
    {
        if (identification is Identification.Due)
        {
            try
            {
                await WriteAsync(state.State.Identified(identification));
            }
            catch (Exception)
            {
                // Logged. The events are stored and must not be answered as if they were not; the next one brings the same $identify again.
            }
        }

        // Each time somebody signs in: of every event it would drown the log.
        if (identification is Identification.Due || visitor is { CarriesLogin: true }) Report(identification, project);
    }

    private void Report(Identification? identification, string project)
    {
        if (identification is Identification.Due { After.Ids: >= IdentityCluster.IdsNotable and var ids }) LogClusterNearlyFull(logger, project, ids, IdentityCluster.IdsMax);
        if (identification is Identification.Refused refused) LogClusterFull(logger, project, refused.Ids);
    }

    [LoggerMessage(EventId = 2301, Level = LogLevel.Warning, Message =
        "A user of project {Project} has {IdCount} ids; Original ID Merge joins {IdCountMax}, and further visitors' past will not be the user's")]
    private static partial void LogClusterNearlyFull(ILogger logger, string project, int idCount, int idCountMax);

    [LoggerMessage(EventId = 2302, Level = LogLevel.Warning, Message =
        "A user of project {Project} has {IdCount} ids, as many as Original ID Merge joins: what the visitor did before its login stays apart")]
    private static partial void LogClusterFull(ILogger logger, string project, int idCount);
}
