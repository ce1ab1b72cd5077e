namespace SpidOrleans.Storage;

internal static class ShardRange
{
    /// <summary>The keys of a project's shards begin with its name and '/'; '0' is the character after '/'.</summary>
    public static (string First, string End) Of(string project) => (project + "/", project + "0");
}
