using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.KeyPerFile;
using Microsoft.Extensions.FileProviders;

namespace SpidOrleans.Web.Configuration;

/// <summary><c>Secrets:Folder</c>: a folder with one file for each value, named by its key with <c>__</c> for <c>:</c>, as Docker,
/// Kubernetes and systemd hand out secrets. What the environment says can be read by whoever may look at the process.</summary>
internal static class SecretsFolder
{
    private const string Key = "Secrets:Folder";

    /// <summary>Its values win over every other source.</summary>
    /// <exception cref="ConfigurationException">There is no such folder.</exception>
    public static void Add(IConfigurationManager configuration)
    {
        if (configuration[Key] is not { Length: > 0 } folder) return;
        if (!Path.IsPathFullyQualified(folder) || !Directory.Exists(folder))
            throw new ConfigurationException([new(Key, folder, "the full path of a folder that exists and may be read")]);
        configuration.Add(new KeyPerFileConfigurationSource { FileProvider = new PhysicalFileProvider(folder), Optional = false });
    }
}
