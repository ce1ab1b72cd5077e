using System.Globalization;
using System.Reflection;

namespace SpidOrleans.Storage;

/// <summary>A numbered step of a schema, <c>0001-name.sql</c>.</summary>
internal sealed record SchemaScript(int Version, string Name, string Text)
{
    /// <summary>The scripts of one engine, in their order.</summary>
    /// <param name="engine">The folder's name.</param>
    public static IReadOnlyList<SchemaScript> ReadAll(string engine)
    {
        var folder = engine + "/Schema/";
        var assembly = Assembly.GetExecutingAssembly();
        var scripts = assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(folder, StringComparison.Ordinal)).Order(StringComparer.Ordinal)
            .Select(name => Read(assembly, name, name[folder.Length..])).ToArray();
        for (var i = 0; i < scripts.Length; i++)
        {
            if (scripts[i].Version != i + 1) throw new InvalidOperationException($"schema scripts must count 1, 2, 3…: {folder}{scripts[i].Name}");
        }

        return scripts;
    }

    private static SchemaScript Read(Assembly assembly, string resource, string file)
    {
        var dash = file.IndexOf('-', StringComparison.Ordinal);
        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
        return new SchemaScript(
            int.Parse(file.AsSpan(0, dash), CultureInfo.InvariantCulture), Path.GetFileNameWithoutExtension(file[(dash + 1)..]), reader.ReadToEnd());
    }
}
