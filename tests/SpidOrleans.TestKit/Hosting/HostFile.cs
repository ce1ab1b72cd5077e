using System.Reflection;

namespace SpidOrleans.TestKit.Hosting;

/// <summary>Finds the built host: beside the test's own output, else in the host's own.</summary>
internal static class HostFile
{
    /// <param name="program">Such as <c>SpidOrleans.Silo</c>.</param>
    public static string Find(string program)
    {
        var name = program + ".dll";
        var configuration = typeof(HostFile).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()?.Configuration ?? "Debug";
        var framework = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        List<string> places = [AppContext.BaseDirectory];
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            places.Add(Path.Combine(folder.FullName, "src", program, "bin", configuration, framework));

        return places.Where(place => File.Exists(Path.Combine(place, Path.ChangeExtension(name, ".runtimeconfig.json"))))
                .Select(place => Path.Combine(place, name)).FirstOrDefault(File.Exists)
            ?? throw new FileNotFoundException($"{name} is neither beside the tests nor under src/{program}/bin/{configuration}: build it first.");
    }
}
