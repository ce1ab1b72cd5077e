using SpidOrleans.TestKit.Hosting;

namespace SpidOrleans.DeployTests.Running;

/// <summary>The files that the tests read as they are.</summary>
internal static class Repository
{
    public static string Root => RepositoryRoot.Folder;

    public static string Deploy(string path) => Path.Combine(Root, "deploy", path);
}
