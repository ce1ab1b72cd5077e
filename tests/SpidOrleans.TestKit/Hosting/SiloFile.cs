using System.Reflection;

namespace SpidOrleans.TestKit.Hosting;

/// <summary>Finds the built host: beside the test's own output, else in the host's own.</summary>
internal static class SiloFile
{
    private const string Name = "SpidOrleans.Silo.dll";

    public static string Find()
    {
        var configuration = typeof(SiloFile).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()?.Configuration ?? "Debug";
        var framework = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        List<string> places = [AppContext.BaseDirectory];
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            places.Add(Path.Combine(folder.FullName, "src", "SpidOrleans.Silo", "bin", configuration, framework));

        return places.Where(place => File.Exists(Path.Combine(place, Path.ChangeExtension(Name, ".runtimeconfig.json"))))
                .Select(place => Path.Combine(place, Name)).FirstOrDefault(File.Exists)
            ?? throw new FileNotFoundException($"{Name} is neither beside the tests nor under src/SpidOrleans.Silo/bin/{configuration}: build it first.");
    }
}
