namespace SpidOrleans.Web.Configuration;

/// <summary>The configuration is wrong: the host must not start.</summary>
public sealed class ConfigurationException : Exception
{
    public ConfigurationException() { }

    public ConfigurationException(string message) : base(message) { }

    public ConfigurationException(string message, Exception inner) : base(message, inner) { }

    /// <param name="faults">At least one; each becomes a line of the message.</param>
    public ConfigurationException(IReadOnlyList<ConfigurationFault> faults) : base(string.Join('\n', faults)) => Faults = faults;

    public IReadOnlyList<ConfigurationFault> Faults { get; } = [];
}
