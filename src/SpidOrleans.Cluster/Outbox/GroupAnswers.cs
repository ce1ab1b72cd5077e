namespace SpidOrleans.Cluster.Outbox;

/// <summary>Answers the callers of a group, away from the writer and some at a time: a work item each would cost more than most
/// answers, and one for all would leave the other cores idle.</summary>
internal sealed class GroupAnswers(OutboxOperation[] group, int from, OutboxUnavailableException? reason) : IThreadPoolWorkItem
{
    private const int AtATime = 16;

    /// <param name="reason">Null when the group is committed: then each operation fails by itself or not at all.</param>
    public static void Give(OutboxOperation[] group, OutboxUnavailableException? reason = null)
    {
        for (var from = 0; from < group.Length; from += AtATime)
            ThreadPool.UnsafeQueueUserWorkItem(new GroupAnswers(group, from, reason), preferLocal: false);
    }

    public void Execute()
    {
        foreach (var operation in group.AsSpan(from, Math.Min(AtATime, group.Length - from)))
        {
            if ((reason ?? operation.Failure) is { } failure) operation.Fail(failure);
            else operation.Complete();
        }
    }
}
