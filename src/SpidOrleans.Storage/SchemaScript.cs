using System.Globalization;
using System.Reflection;

namespace SpidOrleans.Storage;

/// <summary>A numbered step of a schema, <c>0001-name.sql</c>.</summary>
internal sealed record SchemaScript(int Version, string Name, string Text)
{
    private const string Compatible = "-- compatible from: ";

    /// <summary>Builds that know the schema up to this version, or a later one, can use it with this step, too: silos of theirs go on
    /// while it is applied, and may start again after it. The first line says so; without it only builds that know the step can.</summary>
    public int CompatibleFrom => Text.StartsWith(Compatible, StringComparison.Ordinal)
        ? int.Parse(Text.AsSpan(Compatible.Length, Text.IndexOf('\n', StringComparison.Ordinal) - Compatible.Length), CultureInfo.InvariantCulture)
        : Version;

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

    /// <summary>Of a database that has more than this build knows.</summary>
    /// <param name="version">What it has.</param>
    /// <param name="compatibleFrom">What a build must know.</param>
    /// <param name="known">What this one knows.</param>
    /// <exception cref="StorageUnavailableException">This build cannot use it.</exception>
    public static void RequireCompatible(string key, int version, int compatibleFrom, int known)
    {
        if (compatibleFrom <= known) return;
        throw new StorageUnavailableException(
            $"{key}: the database has schema version {version}, this build knows versions up to {known}: start the newer build");
    }
}
