namespace SpidOrleans.TestKit.Hosting;

/// <summary>The host did not do what a test needs before it can begin; says what it wrote last.</summary>
public sealed class SiloFailedException(string message, string output)
    : Exception($"{message}{Environment.NewLine}It wrote:{Environment.NewLine}{output}");
