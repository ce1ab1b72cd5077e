using SpidOrleans.DeployTests.Running;
using Xunit;

namespace SpidOrleans.DeployTests.Nginx;

/// <summary>A configuration file of the repository with this machine's ports and folders in the place of a real site's.</summary>
internal sealed class SiteFile(string path)
{
    private string _text = File.ReadAllText(Repository.Deploy(path));

    public override string ToString() => _text;

    /// <summary>What is replaced must be there: else the test would run on something else than it believes.</summary>
    public SiteFile With(string written, string here)
    {
        Assert.Contains(written, _text, StringComparison.Ordinal);
        _text = _text.Replace(written, here, StringComparison.Ordinal);
        return this;
    }
}
