using System.Text;
using System.Text.RegularExpressions;
using SpidOrleans.DeployTests.Running;

namespace SpidOrleans.DeployTests.Images;

/// <summary>What a build sees of the repository: <c>.dockerignore</c> by Docker's rules. The last pattern that matches a path or one of
/// its folders decides.</summary>
internal sealed class BuildContext
{
    private readonly List<(Regex Pattern, bool IsIn)> _patterns =
    [
        .. File.ReadLines(Path.Combine(Repository.Root, ".dockerignore")).Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => (ToRegex(line.TrimStart('!')), line[0] == '!')),
    ];

    /// <summary>Copies a file or a folder's files as <c>COPY</c> does, without what is ignored.</summary>
    /// <returns>How many files.</returns>
    public int Copy(string source, string target, bool isIntoFolder)
    {
        var full = Path.Combine(Repository.Root, source);
        var isFolder = Directory.Exists(full);
        var files = isFolder ? Files(source) : File.Exists(full) && Has(source) ? [source] : [];
        var count = 0;
        foreach (var file in files)
        {
            var to = isFolder ? Path.Combine(target, Path.GetRelativePath(source, file)) : isIntoFolder ? Path.Combine(target, Path.GetFileName(file)) : target;
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(Path.Combine(Repository.Root, file), to, overwrite: true);
            count++;
        }

        return count;
    }

    public bool Has(string path)
    {
        var isIn = true;
        foreach (var (pattern, including) in _patterns)
            if (Self(path).Any(pattern.IsMatch)) isIn = including;
        return isIn;
    }

    private static IEnumerable<string> Self(string path)
    {
        for (var one = path; one.Length > 0; one = Path.GetDirectoryName(one) ?? "") yield return one;
    }

    private IEnumerable<string> Files(string folder) =>
        Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Repository.Root, file)).Where(Has);

    private static Regex ToRegex(string pattern)
    {
        var text = new StringBuilder("^");
        for (var i = 0; i < pattern.Length; i++)
        {
            if (pattern.AsSpan(i).StartsWith("**/")) (text, i) = (text.Append("(.*/)?"), i + 2);
            else if (pattern.AsSpan(i).StartsWith("**")) (text, i) = (text.Append(".*"), i + 1);
            else text.Append(pattern[i] switch { '*' => "[^/]*", '?' => "[^/]", var c => Regex.Escape($"{c}") });
        }

        return new Regex(text.Append('$').ToString());
    }
}
