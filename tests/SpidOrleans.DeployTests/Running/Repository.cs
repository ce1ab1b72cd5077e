namespace SpidOrleans.DeployTests.Running;

/// <summary>The files that the tests read as they are.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    public static string Deploy(string path) => Path.Combine(Root, "deploy", path);

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "SpidOrleans.sln"))) return folder.FullName;
        throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds SpidOrleans.sln.");
    }
}
