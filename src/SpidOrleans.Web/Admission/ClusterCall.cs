namespace SpidOrleans.Web.Admission;

internal static class ClusterCall
{
    /// <summary>Whatever makes a grain call fail, the caller is to try again: arguments are checked before it is made.
    /// Orleans' response time-out bounds it.</summary>
    /// <exception cref="ClusterUnavailableException">The call failed; its outcome is unknown.</exception>
    public static async Task<T> OrUnavailable<T>(this Task<T> call)
    {
        try
        {
            return await call;
        }
        catch (Exception exception)
        {
            throw new ClusterUnavailableException("a grain call failed", exception);
        }
    }

    /// <inheritdoc cref="OrUnavailable{T}(Task{T})"/>
    public static async Task OrUnavailable(this Task call)
    {
        try
        {
            await call;
        }
        catch (Exception exception)
        {
            throw new ClusterUnavailableException("a grain call failed", exception);
        }
    }
}
